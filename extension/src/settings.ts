// The user's settings.json has two names: the editor's, which may be of a scheme of its own, and the file's, which the sidecar knows.

/** Parts of a URI that tell where a file is. */
export interface Parts {
  readonly scheme: string;
  readonly path: string;
}

/**
 * userSettings is the URI under which the editor opens the user's settings.json. The API does not tell; the file lies above the
 * folder that it gives every extension to keep things in. A desktop editor opens it under a scheme of its own.
 */
export function userSettings(storage: Parts, desktop: boolean): Parts {
  const path = storage.path.split('/').slice(0, -2).concat('settings.json').join('/');
  return { scheme: desktop ? 'vscode-userdata' : storage.scheme, path };
}

/** toSidecar is a URI as the sidecar knows it. */
export function toSidecar(uri: Parts, settings: Parts): Parts {
  return uri.scheme === settings.scheme && same(uri.path, settings.path) ? { scheme: 'file', path: uri.path } : { scheme: uri.scheme, path: uri.path };
}

/** toEditor is a URI of the sidecar as the editor knows it. */
export function toEditor(uri: Parts, settings: Parts): Parts {
  return uri.scheme === 'file' && same(uri.path, settings.path) ? settings : { scheme: uri.scheme, path: uri.path };
}

// A drive letter has either case: /C:/Users and /c:/Users are the same.
function same(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

function canonical(path: string): string {
  return path.replace(/^\/[A-Z]:/, drive => drive.toLowerCase());
}
