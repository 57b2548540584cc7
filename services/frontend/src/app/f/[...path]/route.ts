import { forwardFrame } from "@/lib/server/forward";

export const dynamic = "force-dynamic";

export { forwardFrame as GET };
