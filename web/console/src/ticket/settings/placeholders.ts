// The gaps that texts can have, as the service knows them.
import { placeholders, type Placeholder } from "@/api/ticketSettings";
import { kept } from "@/ui/kept";

export const known = kept<Placeholder>(placeholders);
