const HEAD_BYTES = 54;
const SIDE_PX = 32;
const MAX_WAVES = 7;

/** Return the cosines at each pixel of a side, for each number of waves: a page makes a dozen of pictures at once. */
function cosinesOf(sidePx: number): number[][] {
  return Array.from({ length: MAX_WAVES }, (_, wave) =>
    Array.from({ length: sidePx }, (_, at) => Math.cos((Math.PI / sidePx) * (at + 0.5) * wave)),
  );
}

function byteOf(level: number): number {
  return Math.max(0, 255 * Math.min(1, level));
}

/** Return the picture of a ThumbHash in base64, without transparency, as the address of a BMP file.
 *
 * The pixels are those of the reference decoder: https://github.com/evanw/thumbhash.
 */
export function placeholderUrl(thumbhash: string): string {
  const hash = Uint8Array.from(atob(thumbhash), (letter) => letter.charCodeAt(0));
  const head = hash[0]! | (hash[1]! << 8) | (hash[2]! << 16);
  const shape = hash[3]! | (hash[4]! << 8);
  const [wavesX, wavesY] = shape >> 15 ? [7, shape & 7] : [shape & 7, 7];
  const ratio = wavesX / wavesY;
  const width = Math.round(SIDE_PX * Math.min(1, ratio));
  const height = Math.round(SIDE_PX / Math.max(1, ratio));

  let half = 10;
  function readWaves(countX: number, countY: number, scale: number) {
    const waves: [number, number, number][] = [];
    for (let y = 0; y < countY; y++)
      for (let x = y ? 0 : 1; x * countY < countX * (countY - y); x++, half++)
        waves.push([x, y, (((hash[half >> 1]! >> ((half & 1) * 4)) & 15) / 7.5 - 1) * scale * 2]);
    return waves;
  }
  // Saturation is raised by a quarter, as rounding lowers it. The waves are read in this order.
  const light = {
    mean: (head & 63) / 63,
    waves: readWaves(Math.max(3, wavesX), Math.max(3, wavesY), ((head >> 18) & 31) / 31),
  };
  const yellow = { mean: ((head >> 6) & 63) / 31.5 - 1, waves: readWaves(3, 3, (((shape >> 3) & 63) / 63) * 1.25) };
  const red = { mean: ((head >> 12) & 63) / 31.5 - 1, waves: readWaves(3, 3, (((shape >> 9) & 63) / 63) * 1.25) };
  const [cosinesX, cosinesY] = [cosinesOf(width), cosinesOf(height)];
  function levelAt(x: number, y: number, { mean, waves }: typeof light): number {
    let sum = mean;
    for (const [waveX, waveY, size] of waves) sum += size * cosinesX[waveX]![x]! * cosinesY[waveY]![y]!;
    return sum;
  }

  const stride = (width * 3 + 3) & ~3;
  const file = new DataView(new ArrayBuffer(HEAD_BYTES + stride * height));
  file.setUint16(0, 0x424d);
  file.setUint32(2, file.byteLength, true);
  file.setUint32(10, HEAD_BYTES, true);
  file.setUint32(14, 40, true);
  file.setUint32(18, width, true);
  // A negative height puts the first row first.
  file.setInt32(22, -height, true);
  file.setUint16(26, 1, true);
  file.setUint16(28, 24, true);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const lightLevel = levelAt(x, y, light);
      const blueLevel = lightLevel - (2 / 3) * levelAt(x, y, yellow);
      const redness = levelAt(x, y, red);
      const redLevel = (3 * lightLevel - blueLevel + redness) / 2;
      const at = HEAD_BYTES + y * stride + x * 3;
      file.setUint8(at, byteOf(blueLevel));
      file.setUint8(at + 1, byteOf(redLevel - redness));
      file.setUint8(at + 2, byteOf(redLevel));
    }
  return `data:image/bmp;base64,${btoa(String.fromCharCode(...new Uint8Array(file.buffer)))}`;
}
