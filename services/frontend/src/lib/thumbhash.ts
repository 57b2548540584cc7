const HEAD_BYTES = 54;
const SIDE_PX = 32;

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
  // Saturation is raised by a quarter, as rounding lowers it.
  const channels = [
    { mean: (head & 63) / 63, waves: readWaves(Math.max(3, wavesX), Math.max(3, wavesY), ((head >> 18) & 31) / 31) },
    { mean: ((head >> 6) & 63) / 31.5 - 1, waves: readWaves(3, 3, (((shape >> 3) & 63) / 63) * 1.25) },
    { mean: ((head >> 12) & 63) / 31.5 - 1, waves: readWaves(3, 3, (((shape >> 9) & 63) / 63) * 1.25) },
  ];

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
      const [light, yellow, red] = channels.map(({ mean, waves }) =>
        waves.reduce(
          (sum, [waveX, waveY, size]) =>
            sum +
            size * Math.cos((Math.PI / width) * (x + 0.5) * waveX) * Math.cos((Math.PI / height) * (y + 0.5) * waveY),
          mean,
        ),
      ) as [number, number, number];
      const blueLevel = light - (2 / 3) * yellow;
      const redLevel = (3 * light - blueLevel + red) / 2;
      [blueLevel, redLevel - red, redLevel].forEach((level, at) =>
        file.setUint8(HEAD_BYTES + y * stride + x * 3 + at, Math.max(0, 255 * Math.min(1, level))),
      );
    }
  return `data:image/bmp;base64,${btoa(String.fromCharCode(...new Uint8Array(file.buffer)))}`;
}
