// The SVG of the picture as PNG, with twice as many pixels.

import type { Drawing } from "./svg";

const LARGEST = 8_000; // pixels on a side, which every browser can do

export async function png({ svg, width, height }: Drawing): Promise<Blob> {
  const scale = Math.min(2, LARGEST / Math.max(width, height));
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(width * scale);
    canvas.height = Math.ceil(height * scale);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
    if (made === null) throw new Error("the browser made no PNG");
    return made;
  } finally {
    URL.revokeObjectURL(address);
  }
}
