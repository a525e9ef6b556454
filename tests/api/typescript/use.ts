// What a program in TypeScript reads of Kith's answers; the test compiles it against the types of /openapi.json.
import type { components, operations, paths } from "./kith";

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

export function levelOf(score: Answer<"/v1/scores/{id}">): "low" | "medium" | "high" | "very_high" | "not_assessed" | null {
  return score.level;
}

export function strongest(why: Answer<"/v1/explanations/{id}">): string[] {
  return why.reasons.flatMap((reason) => reason.evidence?.strongest.map((party) => party.id) ?? []);
}

export function trustIn(risk: Answer<"/v1/relationship-risk">): [number | null, string[]] {
  return [risk.trust, risk.trust_evidence.map((evidence) => evidence.code)];
}

export function reached(answer: Answer<"/v1/neighbours/{id}">): number {
  return Object.values(answer.counts).reduce((sum, counts) => sum + counts.in + counts.out, 0);
}

export const members = (page: Answer<"/v1/rings">): string[][] =>
  page.rings.map((ring) => ring.members.map((member) => member.party));

export const steps = (list: Answer<"/v1/paths">): number[] => list.paths.map((path) => path.steps.length);

export const attributes = (record: Answer<"/v1/parties/{id}">): (number | string)[] => Object.values(record.attributes);

export const hardest = (scenario: components["schemas"]["ScenarioAnswer"]): number | null | undefined =>
  scenario.affected[0]?.rise;

export const question: operations["get_score"]["parameters"] = {
  path: { id: "a/b" },
  query: { purpose: "lending", include: "reasons" },
};

export const problem = (body: components["schemas"]["Problem"]): string => `${body.status} ${body.detail}`;

export const simulation: components["schemas"]["Simulation"] = { defaults: ["a", "b"] };

// @ts-expect-error answers are closed: what they do not have cannot be read
export const nothing = (score: components["schemas"]["ScoreAnswer"]): unknown => score.colour;
