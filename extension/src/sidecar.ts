import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { CloseAction, DidChangeWatchedFilesNotification, ErrorAction, LanguageClient, LSPErrorCodes, ResponseError, WorkDoneProgress, type LanguageClientOptions } from 'vscode-languageclient/node';
import type { InitializationOptions } from './wire';

// A malformed value of any of these ends a Go program before main, so the sidecar gets them as data.
const WITHHELD = ['GOMEMLIMIT', 'GOGC', 'GOMAXPROCS', 'GODEBUG', 'GOTRACEBACK'];

const CRASHES = 5; // in a row, then the sidecar stays down until the user asks for it
const LONG_LIFE = 60_000; // ms after which a crash is not one of a row

/** What a running request tells of itself. */
export type Progress = vscode.Progress<{ message?: string; increment?: number }>;

/** A Failure has a text made for the user and the actions that may help, by their labels. */
class Failure extends Error {
  constructor(message: string, readonly actions: Record<string, () => unknown> = {}) {
    super(message);
  }
}

// Says nothing to the user by itself: Sidecar.report does, once, with the actions that help.
class Client extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** Sidecar keeps the process and the connection to it: one start at a time, restarted when it crashes. */
export class Sidecar implements vscode.Disposable {
  /** Commands of the sidecar that the extension runs in its own way when a code action names them. */
  readonly commands = new Map<string, (argument: never) => Promise<unknown>>();

  private client: Promise<Client> | undefined;
  private process: ChildProcess | undefined;
  private crashes = 0;
  private born = 0;
  private timer: NodeJS.Timeout | undefined;
  private mismatchSaid = false;

  constructor(private readonly context: vscode.ExtensionContext, private readonly log: vscode.LogOutputChannel) {}

  /** start starts the sidecar if it is down; a failure is reported, not thrown. */
  async start(): Promise<void> {
    try {
      await this.running();
    } catch (err) {
      this.report(err);
    }
  }

  async restart(): Promise<void> {
    this.crashes = 0;
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    const { client, process } = this;
    this.client = this.process = undefined;
    // A sidecar that never came up, or does not answer, has nothing to say about being stopped.
    await client?.then(c => c.dispose()).catch(err => this.log.warn(String(err)));
    process?.kill();
  }

  dispose(): void {
    void this.stop();
  }

  /** request sends a request, after starting the sidecar where it is down. Progress that it reports is passed on. */
  async request<R>(method: string, params: object, token?: vscode.CancellationToken, progress?: Progress): Promise<R> {
    const client = await this.running();
    // An undefined token would be taken for a second parameter.
    const tokens = token ? [token] : [];
    if (!progress) return client.sendRequest<R>(method, params, ...tokens);
    const workDoneToken = crypto.randomUUID();
    let percentage = 0;
    const listener = client.onProgress(WorkDoneProgress.type, workDoneToken, value => {
      if (value.kind === 'end') return;
      const increment = Math.max(0, (value.percentage ?? percentage) - percentage);
      percentage += increment;
      progress.report({ increment, ...(value.message !== undefined && { message: value.message }) });
    });
    try {
      return await client.sendRequest<R>(method, { ...params, workDoneToken }, ...tokens);
    } finally {
      listener.dispose();
    }
  }

  /** look has the sidecar look at the machine again, for what it cannot watch. */
  async look(): Promise<void> {
    await (await this.client)?.sendNotification(DidChangeWatchedFilesNotification.type, { changes: [] });
  }

  /** report shows an error to the user, unless it says that the user cancelled. */
  report(err: unknown): void {
    if (err instanceof vscode.CancellationError) return;
    if (err instanceof ResponseError && (err.code === LSPErrorCodes.RequestCancelled || err.code === LSPErrorCodes.ServerCancelled)) return;
    const message = err instanceof Error ? err.message : String(err);
    this.log.error(message);
    const actions: Record<string, () => unknown> = {
      ...(err instanceof Failure && err.actions),
      [vscode.l10n.t('Show Log')]: () => this.log.show(),
    };
    void vscode.window.showErrorMessage(plain(message), ...Object.keys(actions)).then(label => label && actions[label]?.());
  }

  private running(): Promise<Client> {
    clearTimeout(this.timer);
    if (!this.client) {
      const launched = this.client = this.launch();
      launched.catch(() => {
        if (this.client === launched) this.client = undefined;
      });
    }
    return this.client;
  }

  private async launch(): Promise<Client> {
    const { env, withheld } = environment();
    const file = this.file();
    const settings = userSettings(this.context);
    const initializationOptions: InitializationOptions = {
      editor: { name: vscode.env.uriScheme, version: vscode.version },
      trusted: vscode.workspace.isTrusted,
      userSettings: settings.fsPath,
      withheld,
    };
    let up = false;
    const options: LanguageClientOptions = {
      // Whatever an environment may be made of: go.mod, settings, shell profiles, env files and the go-env: documents.
      documentSelector: [{ scheme: 'file' }, { scheme: settings.scheme }, { scheme: 'go-env' }],
      diagnosticCollectionName: 'goEnv',
      outputChannel: this.log,
      initializationOptions,
      initializationFailedHandler: () => false,
      uriConverters: {
        code2Protocol: uri => (uri.scheme === settings.scheme ? uri.with({ scheme: 'file' }) : uri).toString(),
        protocol2Code: value => {
          const uri = vscode.Uri.parse(value);
          return uri.scheme === 'file' && uri.fsPath === settings.fsPath ? settings : uri;
        },
      },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          if (up) this.crashed(client);
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
      middleware: {
        executeCommand: (command, args, next) => {
          const run = this.commands.get(command);
          return run ? run(args[0] as never).catch((err: unknown) => this.report(err)) : next(command, args);
        },
      },
    };
    const client = new Client('goEnv', 'Go Env Doctor', async () => this.process = await spawned(file, env), options);
    await client.start().catch((err: unknown) => {
      throw cannotStart(file, err);
    });
    up = true;
    this.born = Date.now();

    const { version } = this.context.extension.packageJSON as { version: string };
    const info = client.initializeResult?.serverInfo;
    this.log.info(`${info?.name} ${info?.version}: ${file}`);
    if (info?.version !== version && !this.mismatchSaid) {
      this.mismatchSaid = true;
      void vscode.window.showWarningMessage(vscode.l10n.t('{0} is version {1}, the extension is {2}: they may not understand each other.', file, info?.version ?? '?', version));
    }
    return client;
  }

  // file is the absolute path of the program to start.
  private file(): string {
    const set = vscode.workspace.getConfiguration('goEnv').get<string>('sidecarPath');
    if (set) return set;
    const file = this.context.asAbsolutePath(path.join('bin', process.platform === 'win32' ? 'go-env-doctor.exe' : 'go-env-doctor'));
    if (!fs.existsSync(file)) {
      const message = vscode.l10n.t('This copy of Go Env Doctor has no program for {0}-{1}: {2} does not exist. Install the extension for this platform, or name a program of your own in goEnv.sidecarPath.', process.platform, process.arch, file);
      throw new Failure(message, openSetting);
    }
    return file;
  }

  private crashed(client: Client): void {
    this.log.error(`the sidecar ended: ${this.process?.exitCode ?? this.process?.signalCode ?? 'connection closed'}`);
    // Its process may still be there when only the connection broke.
    this.process?.kill();
    this.client = this.process = undefined;
    void client.dispose().catch(() => {});
    if (Date.now() - this.born > LONG_LIFE) this.crashes = 0;
    if (++this.crashes > CRASHES) {
      const message = vscode.l10n.t('Go Env Doctor ended unexpectedly {0} times in a row and is not started again.', this.crashes);
      this.report(new Failure(message, { [vscode.l10n.t('Restart')]: () => this.restart() }));
      return;
    }
    this.timer = setTimeout(() => void this.start(), 250 * 2 ** this.crashes);
  }
}

/** plain is a text that a notification shows as it is: a value of the machine must not become a link to a command. */
export function plain(text: string): string {
  return text.replaceAll('](', ']\u200b(');
}

function environment(): { env: NodeJS.ProcessEnv; withheld: Record<string, string> } {
  const env: NodeJS.ProcessEnv = {};
  const withheld: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    // Names of variables ignore case on Windows.
    const known = process.platform === 'win32' ? name.toUpperCase() : name;
    if (!WITHHELD.includes(known)) env[name] = value;
    else if (value !== undefined) withheld[known] = value;
  }
  return { env, withheld };
}

// userSettings is the URI under which the editor opens the user's settings.json: a desktop editor keeps it under a
// scheme of its own. The API does not tell; the file lies above the folder that it gives every extension.
function userSettings(context: vscode.ExtensionContext): vscode.Uri {
  const uri = vscode.Uri.joinPath(context.globalStorageUri, '..', '..', 'settings.json');
  const desktop = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  return desktop ? uri.with({ scheme: 'vscode-userdata' }) : uri;
}

// spawned resolves when the operating system has started the program, with the error that it gave otherwise.
function spawned(file: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    // Not in the workspace: no folder of the user is held open, and nothing there can be taken for a library.
    const child = spawn(file, ['serve', '--stdio'], { env, cwd: path.dirname(file), windowsHide: true });
    child.once('error', reject);
    child.once('spawn', () => resolve(child));
  });
}

const openSetting = {
  [vscode.l10n.t('Open Setting')]: () => vscode.commands.executeCommand('workbench.action.openSettings', 'goEnv.sidecarPath'),
};

function cannotStart(file: string, err: unknown): Failure {
  const { code, message } = err as NodeJS.ErrnoException;
  const why = vscode.l10n.t('Go Env Doctor could not start {0}: {1}.', file, message);
  switch (code) {
    case 'ENOENT':
      return new Failure(why + ' ' + vscode.l10n.t('The file is missing, or the loader that it names is.'), openSetting);
    case 'EACCES':
    case 'EPERM':
    case 'UNKNOWN': // what Windows' refusals by policy or antivirus arrive as
      return new Failure(why + ' ' + vscode.l10n.t('Allow this file to run: it may lack the right to be executed, lie on a file system without programs, or be blocked by a policy or an antivirus.'), {
        [vscode.l10n.t('Copy Path')]: () => vscode.env.clipboard.writeText(file),
      });
    default:
      return new Failure(why, openSetting);
  }
}
