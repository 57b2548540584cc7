import { configure } from "@testing-library/react";

// Far above what a busy machine needs: a limit here only ends a test that waits for nothing.
configure({ asyncUtilTimeout: 120_000 });
