// The answers of the dossier, by party, purpose and language.

import { explanation, neighbours, pairRisk, partyChanges, paths, profile, ringsOf } from "../../api/questions";
import { Answers, type State } from "../../api/resource";
import type {
  ExplanationAnswer,
  LinkPage,
  PartyChanges,
  PartyProfile,
  PathList,
  RelationshipRisk,
  RingPage,
} from "../../api/types";
import { language } from "../../words/language";
import { epoch } from "../../work/freshness";

const held = new Answers(120);

const named = (...parts: readonly unknown[]): string => JSON.stringify([epoch.value, ...parts, language.value]);

export const profileOf = (id: string, purpose: string | null): State<PartyProfile> =>
  held.of(named("profile", id, purpose), (options) => profile(id, purpose, language.peek(), options)).value;

export const explanationOf = (id: string, purpose: string | null): State<ExplanationAnswer> =>
  held.of(named("explanation", id, purpose), (options) => explanation(id, purpose, language.peek(), options)).value;

export const changesOf = (id: string, purpose: string | null): State<PartyChanges> =>
  held.of(named("changes", id, purpose), (options) => partyChanges(id, purpose, options)).value;

export const linksOf = (id: string, kind: readonly string[] | null, limit: number): State<LinkPage> =>
  held.of(named("links", id, kind, limit), (options) => neighbours(id, kind, limit, options)).value;

export const ringsOfParty = (id: string): State<RingPage> =>
  held.of(named("rings", id), (options) => ringsOf(id, language.peek(), options)).value;

export const riskBetween = (source: string, target: string, purpose: string | null): State<RelationshipRisk> =>
  held.of(named("pair", source, target, purpose), (options) =>
    pairRisk(source, target, purpose, language.peek(), options),
  ).value;

export const pathsBetween = (source: string, target: string): State<PathList> =>
  held.of(named("paths", source, target), (options) => paths(source, target, options)).value;
