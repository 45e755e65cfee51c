import { describe, expect, it } from "vitest";

import { ApiError } from "@/api/client";
import { conflictOf, differing } from "@/ui/form/conflict";
import { problemOf } from "@/ui/form/problems";

const error = (status: number, values: Record<string, unknown>) => new ApiError(status, "conflict", "", "version", null, values);
const SIDES = { version: 4, fields: { name: { yours: "a", theirs: "b" }, level: { yours: "vip", theirs: "vip" } } };

describe("a refusal", () => {
  it("is a conflict when the service tells both sides", () => {
    const conflict = conflictOf(error(409, SIDES));
    expect(conflict?.version).toBe(4);
    expect(conflict && differing(conflict).map(([name]) => name)).toEqual(["name"]);
  });

  it("is none without them, and with another status", () => {
    expect(conflictOf(error(409, {}))).toBeNull();
    expect(conflictOf(error(409, { version: 4, fields: { name: "a" } }))).toBeNull();
    expect(conflictOf(error(422, SIDES))).toBeNull();
    expect(conflictOf(new Error("away"))).toBeNull();
  });

  it.each([
    ["at most 40 characters", "problem.tooLong"],
    ["at most 30 tags", "problem.tooMany"],
    ["not a telephone number", "problem.noNumber"],
    ["there is no such team", "problem.gone"],
    ["no such user", "problem.gone"],
    ["there is no queue 'x'", "problem.noSuch"],
    ["this value is there already, perhaps retired", "problem.takenRetired"],
    ["there is a team '售后' already", "problem.taken"],
    ["is one of the most common passwords", "problem.weakPassword"],
    ["at most two years by the hour", "report.tooLongByHour"],
    ["the period must end after it begins", "report.endsBefore"],
    ["more than 500000 figures; take longer steps", "report.tooManyFigures"],
    ["something new", "problem.other"],
  ])("says %s in the reader's words", (message, key) => {
    expect(problemOf(message).key).toBe(key);
  });
});
