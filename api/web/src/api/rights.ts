// What the page asks about the rights of the person scored: disputes, notices, the own report for somebody at the desk.

import { about, address, get, type Options, send } from "./client";
import type { components } from "./openapi";
import type { Language } from "./questions";

type Schemas = components["schemas"];

export type DisputeAnswer = Schemas["DisputeAnswer"];
export type DisputePage = Schemas["DisputePage"];
export type Duty = Schemas["Duty"];
export type KeptNotice = Schemas["KeptNotice"];
export type NoticePage = Schemas["NoticePage"];
export type OwnReport = Schemas["OwnReport"];

export const disputes = (state: string | null, options: Options) =>
  get<DisputePage>("/v1/disputes", { state, limit: 200 }, options);

/** One move of a dispute of the version that is shown: who comes second is told, and looks at the newer one. */
export const moveDispute = async (number: number, version: number, move: DisputeMove) =>
  (
    await send<DisputeAnswer>("PATCH", `/v1/disputes/${number}`, move, {
      headers: { "If-Match": `"${version}"` },
    })
  ).body;

export interface DisputeMove {
  readonly move: string;
  readonly told: string | null;
  readonly second: string | null;
}

export const ownReport = (party: string, language: Language, options: Options) =>
  get<OwnReport>(about("own-reports", party), { language }, options);

export const reportPage = (party: string, language: Language): string =>
  address(about("own-report-pages", party), { language });

export const noticePage = (notice: number, language: Language): string =>
  address(`/v1/notice-pages/${notice}`, { language });
