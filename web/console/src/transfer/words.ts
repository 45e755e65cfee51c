// States, refusals and failures of an import as texts: one table each.
import type { Existing, ImportState, Key } from "@/api/transfer";
import type { Key as TextKey } from "@/i18n";
import type { IconName } from "@/ui/icons";
import type { Tone } from "@/ui/Mark.vue";

interface State {
  text: TextKey;
  icon: IconName;
  tone: Tone;
}
export const STATES: Record<ImportState, State> = {
  reading: { text: "import.reading", icon: "clock", tone: "accent" },
  ready: { text: "import.isReady", icon: "columns", tone: "accent" },
  checking: { text: "import.checking", icon: "clock", tone: "accent" },
  checked: { text: "import.isChecked", icon: "check", tone: "accent" },
  importing: { text: "import.importing", icon: "clock", tone: "accent" },
  done: { text: "import.isDone", icon: "check", tone: "good" },
  failed: { text: "import.isFailed", icon: "alarm", tone: "bad" },
  interrupted: { text: "import.isInterrupted", icon: "warning", tone: "warn" },
  cancelled: { text: "import.isCancelled", icon: "close", tone: "plain" },
};
export const RUNNING: ReadonlySet<ImportState> = new Set(["reading", "checking", "importing"]);
export const OVER: ReadonlySet<ImportState> = new Set(["done", "cancelled"]);

/** The step of the wizard that a state belongs to, from 0. */
export const STEP: Record<ImportState, number> = { reading: 0, failed: 0, ready: 1, checking: 2, checked: 2, importing: 3, interrupted: 3, done: 3, cancelled: 3 };
export const STEPS: readonly TextKey[] = ["import.stepFile", "import.stepColumns", "import.stepCheck", "import.stepImport"];

export const KEYS: Record<Key, TextKey> = { external_id: "key.externalId", account_number: "key.accountNumber", phone: "key.phone", email: "key.email" };
export const EXISTING: Record<Existing, TextKey> = { skip: "import.existingSkip", update: "import.existingUpdate", fill: "import.existingFill" };
export const OUTCOMES: readonly { name: string; text: TextKey }[] = [
  { name: "created", text: "import.created" },
  { name: "updated", text: "import.updated" },
  { name: "unchanged", text: "import.unchanged" },
  { name: "skipped", text: "import.skipped" },
  { name: "refused", text: "import.refused" },
];
export const CERTAINTY: Record<string, TextKey> = { certain: "import.encodingSure", likely: "import.encodingLikely", guessed: "import.encodingGuessed" };

export const REFUSALS: Record<string, TextKey> = {
  required: "refused.required",
  name_missing: "refused.nameMissing",
  required_missing: "refused.requiredMissing",
  key_missing: "refused.keyMissing",
  too_long: "refused.tooLong",
  too_many: "refused.tooMany",
  control_characters: "refused.controlCharacters",
  undecodable: "refused.undecodable",
  not_a_phone: "refused.notAPhone",
  not_an_email: "refused.notAnEmail",
  not_digits: "refused.notDigits",
  not_a_date: "refused.notADate",
  not_a_tax_number: "refused.notATaxNumber",
  not_numeric: "refused.notNumeric",
  not_yes_no: "refused.notYesNo",
  not_a_kind: "refused.notAKind",
  not_a_choice: "refused.notAChoice",
  not_a_country: "refused.notACountry",
  unknown_user: "refused.unknownUser",
  unknown_team: "refused.unknownTeam",
  several_such: "refused.severalSuch",
  several_customers: "refused.severalCustomers",
  same_as_row: "refused.sameAsRow",
  taken: "refused.taken",
  out_of_reach: "refused.outOfReach",
  contact_without_name: "refused.contactWithoutName",
  no_commas: "refused.noCommas",
};

export const UNREADABLE: Record<string, TextKey> = {
  empty: "unreadable.empty",
  not_text: "unreadable.notText",
  old_excel: "unreadable.oldExcel",
  not_a_workbook: "unreadable.notAWorkbook",
  damaged: "unreadable.damaged",
  has_entities: "unreadable.hasEntities",
  encrypted: "unreadable.encrypted",
  too_many_parts: "unreadable.tooManyParts",
  too_large_unpacked: "unreadable.tooLargeUnpacked",
  too_dense: "unreadable.tooDense",
  texts_too_large: "unreadable.textsTooLarge",
  no_sheet: "unreadable.noSheet",
  too_many_rows: "unreadable.tooManyRows",
  too_many_columns: "unreadable.tooManyColumns",
  cell_too_long: "unreadable.cellTooLong",
  line_too_long: "unreadable.lineTooLong",
  quote_not_closed: "unreadable.quoteNotClosed",
  no_header: "unreadable.noHeader",
  too_large: "unreadable.tooLarge",
};
