// Waiting for what is on its way.

/// How often is looked whether it is there.
const LOOK_MS = 40;

/// Looks until `look` finds something, and returns that. Fails with `describe()` after `patience` milliseconds.
export async function until(look, describe, patience) {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(await describe());
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
