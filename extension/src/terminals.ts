/**
 * runsGo reports whether a command line starts the go command: as go, go.exe or a path of it, quoted or not, also after assignments
 * (GOOS=linux go build) and the operators of shells (& C:\Go\bin\go.exe, cd x && go test).
 */
export function runsGo(line: string): boolean {
  return line.split(/&&|\|\||[;|&\n]/).some(command => {
    const words = command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
    const first = words.find(word => !/^[A-Za-z_]\w*=/.test(word)) ?? '';
    return /(^|[/\\])go(\.exe)?$/i.test(first.replace(/["']/g, ''));
  });
}
