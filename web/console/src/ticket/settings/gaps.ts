// Texts with gaps as {{name}}: cut into what stays and what is put in; pure.

export interface Piece {
  text: string;
  /** A gap; `known` when something is put in there. */
  gap: boolean;
  known: boolean;
}

const GAP = /\{\{([^{}]*)\}\}/g;

/** `values`: what is put in, by name. A gap that nobody knows stays as it was written. */
export function pieces(text: string, values: Readonly<Record<string, string>>): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  const plain = (until: number) => until > from && found.push({ text: text.slice(from, until), gap: false, known: true });
  for (const match of text.matchAll(GAP)) {
    plain(match.index);
    const name = (match[1] ?? "").trim();
    const known = Object.hasOwn(values, name);
    found.push({ text: known ? (values[name] ?? "") : match[0], gap: true, known });
    from = match.index + match[0].length;
  }
  plain(text.length);
  return found;
}

export const written = (name: string): string => `{{${name}}}`;
