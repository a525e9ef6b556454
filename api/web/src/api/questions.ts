// Every question that the page asks, one function each.

import type { Supposed } from "../work/work";
import { about, get, type Options, Problem, post, send } from "./client";
import type * as Kith from "./types";

export type Language = "en" | "zh";
export type Order = "riskiest" | "strongest";

export const signIn = (key: string) =>
  post<Kith.Session>("/v1/sessions", undefined, { headers: { Authorization: `Bearer ${key}` } });
export const signOut = () => send<Kith.Session>("DELETE", "/v1/sessions", undefined);
export const whoAmI = () => get<Kith.Session>("/v1/sessions/current");

/** What the server answers from now; asking it keeps no session open. */
export const readiness = () => get<Kith.Readiness>("/readyz");

export const receipt = (id: string, options: Options) => get<Kith.Receipt>(about("receipts", id), {}, options);
export const replay = (id: string, options: Options) => post<Kith.Replay>("/v1/replays", { receipt: id }, options);

export const search = (q: string, options: Options) => get<Kith.PartyPage>("/v1/parties", { q, limit: 20 }, options);

export const profile = (id: string, purpose: string | null, language: Language, options: Options) =>
  get<Kith.PartyProfile>(about("profiles", id), { purpose, language }, options);

export const partyChanges = (id: string, purpose: string | null, options: Options) =>
  get<Kith.PartyChanges>(about("party-changes", id), { purpose }, options);

export const explanation = (id: string, purpose: string | null, language: Language, options: Options) =>
  get<Kith.ExplanationAnswer>(about("explanations", id), { purpose, language }, options);

export const neighbours = (id: string, kind: readonly string[] | null, limit: number, options: Options) =>
  get<Kith.LinkPage>(about("neighbours", id), { kind, limit }, options);

export interface ExpansionAsked {
  readonly kind: string | null;
  readonly order: Order;
  readonly limit: number;
  readonly purpose: string | null;
  readonly cursor?: string | null;
}

export const expansion = (id: string, asked: ExpansionAsked, options: Options = {}) =>
  get<Kith.Expansion>(about("expansions", id), { ...asked }, options);

export const picture = (parties: readonly string[], purpose: string | null, options: Options) =>
  post<Kith.Picture>("/v1/pictures", { parties, purpose }, options);

export const pastScores = (parties: readonly string[], as_of: number, purpose: string | null, options: Options) =>
  post<Kith.PastScores>("/v1/past-scores", { parties, as_of, purpose }, options);

export interface LayoutAsked {
  readonly parties: readonly string[];
  readonly positions: Readonly<Record<string, readonly [number, number]>>;
  readonly changed: readonly string[];
  readonly seed: number;
  /** Whether nobody who is drawn moves. */
  readonly held: boolean;
}

export const layout = (asked: LayoutAsked) => post<Kith.Layout>("/v1/layouts", { ...asked, kinds: null });

export const ringsOf = (party: string, language: Language, options: Options) =>
  get<Kith.RingPage>("/v1/rings", { party, language }, options);

export const rings = (language: Language, options: Options) =>
  get<Kith.RingPage>("/v1/rings", { language, limit: 500 }, options);

export const ringComparison = (ring: string, other: string, language: Language, options: Options) =>
  get<Kith.RingComparison>("/v1/ring-comparisons", { ring, other, language }, options);

export const paths = (source: string, target: string, options: Options = {}) =>
  get<Kith.PathList>("/v1/paths", { source, target, limit: 3 }, options);

export const pairRisk = (
  source: string,
  target: string,
  purpose: string | null,
  language: Language,
  options: Options,
) =>
  get<Kith.RelationshipRisk>(
    "/v1/relationship-risk",
    { source, target, purpose, language, include: "contagion" },
    options,
  );

export const scenario = ({ defaults, cures, removed, added }: Supposed, purpose: string | null, options: Options) =>
  post<Kith.ScenarioAnswer>(
    "/v1/simulations",
    { defaults, cures, remove: removed, add: added, purpose, limit: 1_000 },
    options,
  );

export interface AlertsAsked {
  readonly state: string | null;
  readonly language: Language;
}

export const alerts = (asked: AlertsAsked, options: Options) =>
  get<Kith.AlertPage>("/v1/alerts", { ...asked, limit: 200 }, options);

export const cases = (state: string | null, options: Options) =>
  get<Kith.CasePage>("/v1/cases", { state, limit: 200 }, options);
export const caseFigures = (options: Options) => get<Kith.CaseFigures>("/v1/case-figures", {}, options);
export const casesOf = (parties: readonly string[], options: Options) =>
  post<Kith.CaseLookup>("/v1/case-lookups", { parties }, options);
export const openCase = (title: string, parties: readonly string[], alertIds: readonly string[]) =>
  post<Kith.Case>("/v1/cases", { title, parties, alerts: alertIds, assignee: "me" });
export const caseOf = (number: number, options: Options = {}) => get<Kith.Case>(`/v1/cases/${number}`, {}, options);

export const caseReport = (number: number, purpose: string | null, language: Language, namesHidden: boolean) =>
  get<Kith.CaseReport>(`/v1/case-reports/${number}`, {
    purpose,
    language,
    names: namesHidden ? "hidden" : "shown",
  });

export const keepView = (state: string, parties: readonly string[], kinds: readonly string[]) =>
  post<{ view: string }>("/v1/views", { state, parties, kinds });
export const view = (id: string) => get<Kith.View>(`/v1/views/${id}`);

const TRIES = 4;

/**
 * Change a case or an alert, whatever others did to it meanwhile: a change names what it adds or takes away, so that it
 * also holds for a newer version, and none of theirs is lost.
 */
export async function change<T extends Kith.Case | Kith.Alert>(
  collection: "cases" | "alerts",
  id: string,
  changes: Readonly<Record<string, unknown>>,
): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    const { etag } = await send<T>("GET", about(collection, id), undefined);
    try {
      const headers = { "If-Match": etag ?? "" };
      return (await send<T>("PATCH", about(collection, id), changes, { headers })).body;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412 || tried === TRIES) throw error;
    }
  }
}
