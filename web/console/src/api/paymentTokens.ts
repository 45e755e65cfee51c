// Tokens by which payment pages pause the recordings of calls.
import { get, post, remove } from "./client";
import type { components } from "./schema";
import type { Full } from "./setup";

type Schemas = components["schemas"];
export type PaymentToken = Full<Schemas["PaymentTokenView"]>;

const TOKENS = "/payment-tokens";

export const paymentTokens = {
  list: async () => (await get<{ items: PaymentToken[] }>(TOKENS)).items,
  create: (name: string, days: number | null) => post<{ token: PaymentToken; secret: string }>(TOKENS, { name, days }),
  revoke: (id: number) => remove(`${TOKENS}/${String(id)}`),
};
