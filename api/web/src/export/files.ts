// Files that leave the page: their names, and handing them to the browser.

export function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** kith-p0029-2026-11-30.svg: what is open, and the day. */
export function fileName(focus: string | null, ending: string): string {
  const about = (focus ?? "picture").replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 60);
  return `kith-${about}-${new Date().toISOString().slice(0, 10)}.${ending}`;
}
