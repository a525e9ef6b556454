// The answers of the API under short names; openapi.d.ts is made from /openapi.json (docs/workbench.md says how).

import type { components } from "./openapi";

type Schemas = components["schemas"];

export type Session = Schemas["Session"];
export type PartySummary = Schemas["PartySummary"];
export type PartyPage = Schemas["PartyPage"];
export type PartyProfile = Schemas["PartyProfile"];
export type PartyLink = Schemas["PartyLink"];
export type LinkPage = Schemas["LinkPage"];
export type LinksOfKind = Schemas["LinksOfKind"];
export type ScoreAnswer = Schemas["ScoreAnswer"];
export type ReasonAnswer = Schemas["ReasonAnswer"];
export type ExplanationAnswer = Schemas["ExplanationAnswer"];
export type RingAnswer = Schemas["RingAnswer"];
export type RingPage = Schemas["RingPage"];
export type PathList = Schemas["PathList"];
export type PathAnswer = Schemas["PathAnswer"];
export type RelationshipRisk = Schemas["RelationshipRisk"];
export type DefaultScenario = Schemas["DefaultScenario"];
export type Picture = Schemas["Picture"];
export type DrawnParty = Schemas["DrawnParty"];
export type DrawnLink = Schemas["DrawnLink"];
export type Expansion = Schemas["Expansion"];
export type Layout = Schemas["Layout"];
export type Alert = Schemas["Alert"];
export type AlertPage = Schemas["AlertPage"];
export type Case = Schemas["Case"];
export type CaseSummary = Schemas["CaseSummary"];
export type CasePage = Schemas["CasePage"];
export type CaseFigures = Schemas["CaseFigures"];
export type CaseLookup = Schemas["CaseLookup"];
export type View = Schemas["View"];
export type Level = NonNullable<ScoreAnswer["level"]>;
