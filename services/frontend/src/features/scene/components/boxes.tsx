"use client";

import { type ThreeEvent, useThree } from "@react-three/fiber";
import { useLayoutEffect, useRef } from "react";
import { Color, type InstancedMesh, Matrix4, Quaternion, Vector3 } from "three";

export interface Box {
  x: number;
  y: number;
  z: number;
  colour: string;
  scale?: number;
}

interface BoxesProps {
  boxes: readonly Box[];
  size: [width: number, height: number, depth: number];
  onClick?: (index: number) => void;
}

const UPRIGHT = new Quaternion();

/** Many equal boxes in one draw call. */
export function Boxes({ boxes, size, onClick }: BoxesProps) {
  const mesh = useRef<InstancedMesh>(null);
  const invalidate = useThree((state) => state.invalidate);
  // Double the capacity when it is full, so that a new worker does not create a new mesh.
  const room = Math.max(8, 2 ** Math.ceil(Math.log2(Math.max(1, boxes.length))));

  useLayoutEffect(() => {
    const instances = mesh.current;
    if (!instances) return;
    const matrix = new Matrix4();
    const colour = new Color();
    boxes.forEach(({ x, y, z, colour: name, scale = 1 }, index) => {
      matrix.compose(new Vector3(x, y, z), UPRIGHT, new Vector3(scale, scale, scale));
      instances.setMatrixAt(index, matrix);
      instances.setColorAt(index, colour.set(name));
    });
    instances.count = boxes.length;
    instances.instanceMatrix.needsUpdate = true;
    if (instances.instanceColor) instances.instanceColor.needsUpdate = true;
    instances.computeBoundingSphere();
    invalidate();
  }, [boxes, room, invalidate]);

  const click = (event: ThreeEvent<MouseEvent>) => {
    if (event.instanceId === undefined || !onClick) return;
    event.stopPropagation();
    onClick(event.instanceId);
  };

  return (
    <instancedMesh key={room} ref={mesh} args={[undefined, undefined, room]} {...(onClick ? { onClick: click } : {})}>
      <boxGeometry args={size} />
      <meshStandardMaterial roughness={0.7} metalness={0} />
    </instancedMesh>
  );
}
