// A text as a QR code, as the path of a drawing; pure.
import { encode } from "uqr";

export interface Drawing {
  /** Squares to a side. */
  size: number;
  path: string;
}

const BORDER = 2; // squares: some readers want it

export function drawing(text: string): Drawing {
  const { data, size } = encode(text, { ecc: "M", border: BORDER });
  const squares = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { size, path: squares.join("") };
}
