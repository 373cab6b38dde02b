/**
 * runsGo reports whether a command line starts the go command: as go, go.exe or a path of it, quoted or not, also after assignments
 * (GOOS=linux go build) and the operators of shells (& C:\Go\bin\go.exe, cd x && go test).
 */
export function runsGo(line: string): boolean {
  let first = true; // the next word is that of a command
  for (const [token] of line.matchAll(/&&|\|\||[;|&\n]|(?:"[^"]*"|'[^']*'|[^\s"';|&])+/g)) {
    if (/^[;|&\n]/.test(token)) {
      first = true;
    } else if (first && !/^[A-Za-z_]\w*=/.test(token)) {
      if (/(^|[/\\])go(\.exe)?$/i.test(token.replace(/["']/g, ''))) return true;
      first = false;
    }
  }
  return false;
}
