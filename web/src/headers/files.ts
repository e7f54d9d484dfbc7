// Files that people bring: which of them are a checkpoint's, and those inside a folder that was dropped.

/** The core decides by the same endings what a file is. */
const ending = /\.(?:safetensors|gguf|index\.json)$/i;

export const isCheckpointFile = ({ name }: File): boolean => ending.test(name);

/** Folders deeper than this hold no checkpoint's files. */
const deepest = 3;

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject));

async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}

async function below(entry: FileSystemEntry, depth: number): Promise<File[]> {
  if (entry.isFile) return [await fileOf(entry as FileSystemFileEntry)];
  if (depth === deepest) return [];
  const inside = await entriesOf(entry as FileSystemDirectoryEntry);
  return (await Promise.all(inside.map(one => below(one, depth + 1)))).flat();
}

/** What was dropped; of a folder, the files of a checkpoint and its config. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry());
  const files = [...transfer.files];
  if (!entries.some(entry => entry?.isDirectory)) return files;
  return (await Promise.all(entries.map(entry => (entry ? below(entry, 0) : [])))).flat();
}
