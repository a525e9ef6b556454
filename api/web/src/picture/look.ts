// The style sheet of Cytoscape: shapes of kinds, rings of levels, lines of categories.

import type { StylesheetJson } from "cytoscape";
import { type Colours, levelColour, lineColour } from "./colours";
import { dashOf } from "./lines";
import { RADIUS, SMALL } from "./shapes";

const LEVELS = ["low", "medium", "high", "very_high", "not_assessed"] as const;
const CATEGORIES = [
  "money",
  "guarantee",
  "contact",
  "social",
  "trust",
  "identifier",
  "ownership",
  "work",
  "derived",
] as const;

const NAME_SIZE = 12;
const FAR_NAME_SIZE = 16;
const FAR = 0.75;

/** The size of names at a zoom: larger from afar, so that they can be read in a small window. */
export const nameSizeAt = (zoom: number): number => (zoom < FAR ? FAR_NAME_SIZE : NAME_SIZE);

export function look(colours: Colours, nameSize: number = NAME_SIZE): StylesheetJson {
  return [
    {
      selector: "node",
      style: {
        width: 2 * RADIUS,
        height: 2 * RADIUS,
        shape: "ellipse",
        "background-color": colours.panel,
        "border-width": 2,
        "border-color": colours.muted,
        label: "data(name)",
        color: colours.ink,
        "font-family": "system-ui, sans-serif",
        "font-size": nameSize,
        "text-valign": "bottom",
        "text-margin-y": 5,
        "text-background-color": colours.ground,
        "text-background-opacity": 0.75,
        "text-background-padding": "1px",
        "min-zoomed-font-size": 8,
        "text-events": "yes",
        "overlay-opacity": 0,
      },
    },
    { selector: "node.crowded", style: { "min-zoomed-font-size": 14 } },
    { selector: "node.crowded.open", style: { "min-zoomed-font-size": 0 } },
    { selector: 'node[kind = "Merchant"]', style: { shape: "round-rectangle", width: 36, height: 36 } },
    { selector: 'node[kind = "Company"]', style: { shape: "hexagon", width: 42, height: 38 } },
    {
      selector: "node[?identifier]",
      style: { shape: "diamond", width: 2 * SMALL, height: 2 * SMALL, "border-width": 1.5, "font-size": 11 },
    },
    ...LEVELS.map((level) => ({
      selector: `node[level = "${level}"]`,
      style: {
        "border-color": levelColour(colours, level),
        "border-width": level === "high" || level === "very_high" ? 3.5 : 2,
        "border-style": level === "not_assessed" ? ("dotted" as const) : ("solid" as const),
      },
    })),
    {
      selector: "edge",
      style: {
        width: "data(width)",
        "curve-style": "bezier",
        "control-point-step-size": 26,
        "line-color": colours.muted,
        "target-arrow-color": colours.muted,
        "source-arrow-color": colours.muted,
        "arrow-scale": 0.9,
        opacity: 0.85,
        "font-size": 11,
        "font-family": "system-ui, sans-serif",
        color: colours.ink,
        "text-background-color": colours.panel,
        "text-background-opacity": 0.9,
        "text-background-padding": "2px",
        "text-rotation": "autorotate",
        "min-zoomed-font-size": 9,
        "overlay-opacity": 0,
      },
    },
    ...CATEGORIES.map((category) => ({
      selector: `edge[category = "${category}"]`,
      style: {
        "line-color": lineColour(colours, category),
        "target-arrow-color": lineColour(colours, category),
        "source-arrow-color": lineColour(colours, category),
        "line-style": dashOf(category),
      },
    })),
    { selector: "edge[?toB]", style: { "target-arrow-shape": "triangle" } },
    { selector: "edge[?toA]", style: { "source-arrow-shape": "triangle" } },
    { selector: "edge.many", style: { opacity: 0.16, width: 0.8, "arrow-scale": 0.5 } },
    { selector: "edge.near", style: { opacity: 1 } },
    { selector: "edge.labelled", style: { label: "data(label)" } },
    { selector: "edge.chosen", style: { label: "data(label)", opacity: 1, width: 5, "z-index": 9 } },
    { selector: "node.faint", style: { opacity: 0.35 } },
    { selector: "edge.faint", style: { opacity: 0.15 } },
    { selector: "edge.along", style: { opacity: 1, width: 5, "z-index": 9, label: "data(label)" } },
    {
      selector: "node.open",
      style: {
        "outline-width": 3,
        "outline-color": colours.accent,
        "outline-offset": 4,
        "font-weight": 700,
        "z-index": 10,
      },
    },
    {
      selector: "node.cursor",
      style: { "outline-width": 3, "outline-color": colours.accent, "outline-style": "dotted", "outline-offset": 7 },
    },
  ];
}
