// The same where the page is one file: nothing can come later, so it is there.

import './hub-dialog.ts';

export const loadHubDialog = async (): Promise<void> => {};
