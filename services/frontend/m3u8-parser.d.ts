/** Types of m3u8-parser, which brings none: what the tests use of it. */
declare module "m3u8-parser" {
  interface Manifest {
    segments: { uri: string; duration: number }[];
    endList: boolean;
    playlistType: string;
    targetDuration: number;
  }

  export class Parser {
    readonly manifest: Manifest;
    push(text: string): void;
    end(): void;
  }
}
