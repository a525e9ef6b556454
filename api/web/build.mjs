// Builds the page into dist/ (index.html, and assets/ with a hash of their content in the names), or, with --tests, the
// unit tests into build/tests/.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
process.chdir(here);

if (process.argv.includes("--tests")) {
  rmSync("build/tests", { recursive: true, force: true });
  const entryPoints = (await readdir("test")).filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`);
  await build({
    entryPoints,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outdir: "build/tests",
    outExtension: { ".js": ".mjs" },
  });
} else {
  rmSync("dist", { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: ["src/main.tsx"],
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome110", "firefox115", "safari16"],
    jsx: "automatic",
    jsxImportSource: "preact",
    outdir: "dist/assets",
    entryNames: "[name]-[hash]",
    metafile: true,
    legalComments: "linked",
    logLevel: "warning",
  });
  const made = Object.keys(metafile.outputs).map((file) => basename(file));
  const named = (end) => `/assets/${made.find((name) => name.endsWith(end))}`;
  const page = readFileSync("src/index.html", "utf8").replace("SCRIPT", named(".js")).replace("STYLE", named(".css"));
  writeFileSync("dist/index.html", page);
}
