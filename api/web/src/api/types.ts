// The answers of the API under short names; openapi.d.ts is made from /openapi.json (docs/workbench.md says how).

import type { components } from "./openapi";

type Schemas = components["schemas"];

export type Session = Schemas["SessionAnswer"];
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
export type ScenarioAnswer = Schemas["ScenarioAnswer"];
export type Picture = Schemas["Picture"];
export type DrawnParty = Schemas["DrawnParty"];
export type DrawnLink = Schemas["DrawnLink"];
export type PastScores = Schemas["PastScoresAnswer"];
export type PastScore = Schemas["PastScore"];
export type PartyChanges = Schemas["PartyChanges"];
export type RingComparison = Schemas["RingComparison"];
export type Readiness = Schemas["Readiness"];
export type Receipt = Schemas["ReceiptAnswer"];
export type Replay = Schemas["ReplayAnswer"];
export type Expansion = Schemas["Expansion"];
export type Layout = Schemas["LayoutAnswer"];
export type Alert = Schemas["AlertAnswer"];
export type AlertPage = Schemas["AlertPage"];
export type Case = Schemas["CaseAnswer"];
export type CaseSummary = Schemas["CaseSummary"];
export type CasePage = Schemas["CasePage"];
export type CaseFigures = Schemas["CaseFigures"];
export type CaseLookup = Schemas["CaseLookup"];
export type KeptView = Schemas["KeptView"];
export type View = Schemas["ViewAnswer"];
export type CaseReport = Schemas["CaseReport"];
export type Level = NonNullable<ScoreAnswer["level"]>;
