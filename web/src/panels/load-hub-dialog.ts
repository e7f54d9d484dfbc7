// What asks a hub is no part of the first load: it comes when it is wanted.

export const loadHubDialog = async (): Promise<void> => {
  await import('./hub-dialog.ts');
};
