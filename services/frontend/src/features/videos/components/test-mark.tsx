import { Pill } from "@/components/ui/pill";
import { text } from "@/text";
import { isTestVideo } from "../names";

/** Label of a video that Test pipeline has copied. */
export function TestMark({ videoKey }: { videoKey: string }) {
  if (!isTestVideo(videoKey)) return null;
  return (
    <Pill tone="calm" title={text.test.hint}>
      {text.test.label}
    </Pill>
  );
}
