// The colours of the picture, read from the style sheet, which has them for light, dark and forced colours.

import type { Level } from "../api/types";

export interface Colours {
  readonly ground: string;
  readonly panel: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  readonly levels: Readonly<Record<Level, string>>;
  readonly categories: Readonly<Record<string, string>>;
}

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  // Forced colours have names of the system, which Cytoscape does not know: the browser says what they are.
  const probe = document.createElement("span");
  probe.className = "probe";
  document.body.append(probe);
  const colour = (name: string) => {
    probe.style.color = style.getPropertyValue(`--${name}`).trim();
    return getComputedStyle(probe).color;
  };
  const colours = all(colour);
  probe.remove();
  return colours;
}

function all(colour: (name: string) => string): Colours {
  return {
    ground: colour("ground"),
    panel: colour("panel"),
    ink: colour("ink"),
    muted: colour("muted"),
    line: colour("line"),
    accent: colour("accent"),
    levels: {
      low: colour("low"),
      medium: colour("medium"),
      high: colour("high"),
      very_high: colour("very-high"),
      not_assessed: colour("not-assessed"),
    },
    categories: {
      money: colour("money"),
      guarantee: colour("high"),
      contact: colour("contact"),
      social: colour("muted"),
      trust: colour("low"),
      identifier: colour("muted"),
      ownership: colour("ink"),
      work: colour("medium"),
      derived: colour("line"),
    },
  };
}

/** The colour of a line of a category, and of a party with a level. */
export const lineColour = (colours: Colours, category: string): string => colours.categories[category] ?? colours.muted;
export const levelColour = (colours: Colours, level: Level | null): string =>
  level === null ? colours.muted : colours.levels[level];
