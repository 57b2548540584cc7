import { type Layout, padSize, STATIONS, type Station } from "../layout";
import type { Palette } from "../palette";

const PATHS: readonly [Station, Station][] = [
  ["uploads", "queue"],
  ["queue", "workers"],
  ["workers", "thumbnails"],
  ["workers", "deadLetters"],
];

interface GroundProps {
  layout: Layout;
  palette: Palette;
  onSelect: (station: Station) => void;
}

/** Pads of the stations, and the paths between them. */
export function Ground({ layout, palette, onSelect }: GroundProps) {
  const { places } = layout;
  return (
    <group>
      {PATHS.map(([from, to]) => (
        <Path key={from + to} from={places[from]} to={places[to]} colour={palette.line} />
      ))}
      {STATIONS.map((station) => (
        <mesh
          key={station}
          position={[places[station].x, 0.04, places[station].z]}
          onClick={(event) => {
            event.stopPropagation();
            onSelect(station);
          }}
        >
          <boxGeometry args={[padSize(station, layout)[0], 0.16, padSize(station, layout)[1]]} />
          <meshStandardMaterial color={palette.raised} roughness={0.95} />
        </mesh>
      ))}
    </group>
  );
}

interface WayProps {
  from: { x: number; z: number };
  to: { x: number; z: number };
  colour: string;
}

function Path({ from, to, colour }: WayProps) {
  const length = Math.hypot(to.x - from.x, to.z - from.z);
  const turn = -Math.atan2(to.z - from.z, to.x - from.x);
  return (
    <mesh position={[(from.x + to.x) / 2, -0.02, (from.z + to.z) / 2]} rotation={[0, turn, 0]}>
      <boxGeometry args={[length, 0.04, 0.34]} />
      <meshStandardMaterial color={colour} roughness={1} />
    </mesh>
  );
}
