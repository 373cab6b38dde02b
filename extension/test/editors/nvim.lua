-- What a user does in Neovim, by the keys and commands that a user has: EDITORS_CASE says which. Any error ends Neovim with 1.

local config, case = os.getenv('EDITORS_CONFIG'), os.getenv('EDITORS_CASE')
package.path = config .. '/?.lua;' .. package.path

local notes, confirmed, offered, chosen = {}, {}, {}, nil
vim.notify = function(text) table.insert(notes, text) end
vim.fn.confirm = function(text) table.insert(confirmed, text) return 1 end
vim.ui.select = function(items, how, done)
  offered = vim.tbl_map(how.format_item or tostring, items)
  for i, title in ipairs(offered) do
    if title:match(chosen) then
      return done(items[i], i)
    end
  end
  error('not offered: ' .. chosen .. ' among ' .. vim.inspect(offered))
end

local function eventually(what, f)
  local value
  assert(vim.wait(10000, function() value = f() return value end, 5), what .. ': ' .. vim.inspect(notes))
  return value
end

local function equal(got, want)
  assert(vim.deep_equal(got, want), 'got ' .. vim.inspect(got) .. '\nwant ' .. vim.inspect(want))
end

-- said waits for a message that begins with this.
local function said(start)
  eventually(start, function()
    for i, text in ipairs(notes) do
      if vim.startswith(text, start) then
        return table.remove(notes, i)
      end
    end
  end)
end

local function lines() return vim.api.nvim_buf_get_lines(0, 0, -1, false) end
local function text() return table.concat(lines(), '\n') end
local function file(name) return table.concat(vim.fn.readfile(name), '\n') end

local function problem(code, name)
  return eventually(code, function()
    for _, d in ipairs(vim.diagnostic.get(vim.fn.bufadd(name or vim.api.nvim_buf_get_name(0)))) do
      if d.code == code then
        return d
      end
    end
  end)
end

-- offending waits for a problem of this buffer that stands on a text. One that came before the buffer was filled stands nowhere.
local function offending(code, text)
  return eventually(code .. ' at ' .. text, function()
    for _, d in ipairs(vim.diagnostic.get(0)) do
      if d.code == code and (lines()[d.lnum + 1] or ''):sub(d.col + 1, d.end_col) == text then
        return d
      end
    end
  end)
end

local function at(d) return { d.lnum + 1, d.col, d.end_col } end

local function act(d, title)
  vim.api.nvim_win_set_cursor(0, { d.lnum + 1, d.col })
  chosen, offered = title, {}
  vim.lsp.buf.code_action()
  eventually('code actions', function() return #offered > 0 end)
end

local cases = {}

function cases.machine()
  local goenv = os.getenv('HOME') .. '/.config/go/env'
  local broken = file(goenv)
  vim.cmd('edit main.go')
  equal(at(problem('stale-goroot', vim.fn.getcwd() .. '/go.mod')), { 1, 0, 22 })
  equal(at(problem('stale-goroot', goenv)), { 2, 7, 22 })

  vim.cmd('edit ' .. goenv)
  vim.lsp.buf.hover()
  local hover = eventually('the hover', function()
    for _, w in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(w).relative ~= '' then
        return w
      end
    end
  end)
  local shown = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(hover), 0, -1, false), '\n')
  assert(shown:match('GOFLAGS') and shown:match('%-mod=mod'), shown)
  vim.api.nvim_win_close(hover, true)

  act(problem('stale-goroot'), '^Remove GOROOT from ')
  said('Done: ')
  equal(file(goenv), 'GOFLAGS=-mod=mod')
  equal(text(), 'GOFLAGS=-mod=mod')
  eventually('no problem', function() return #vim.diagnostic.get() == 0 end)
  equal(confirmed, {}) -- a safe fix that was chosen

  vim.cmd('GoEnv undo')
  said('Undone: ')
  equal(file(goenv), broken)
  problem('stale-goroot')

  -- From the symptom.
  vim.cmd('edit go.mod')
  act(problem('stale-goroot'), '^Remove GOROOT from ')
  said('Done: ')
  equal(file(goenv), 'GOFLAGS=-mod=mod')
  eventually('no problem', function() return #vim.diagnostic.get() == 0 end)

  chosen = 'Remove GOROOT from .*%(made%)$'
  vim.cmd('GoEnv history')
  said('Undone: ')
  equal(file(goenv), broken)
  vim.cmd('GoEnv diagnose')
  eventually('the list', function() return #vim.fn.getqflist() > 0 end)
  local listed = vim.tbl_map(function(i) return vim.api.nvim_buf_get_name(i.bufnr) .. ':' .. i.lnum end, vim.fn.getqflist())
  equal(listed, { vim.fn.getcwd() .. '/go.mod:1', goenv .. ':2' })
  vim.cmd('GoEnv fixall')
  said('Done: ')
  equal(#confirmed, 1)
  equal(file(goenv), 'GOFLAGS=-mod=mod')

  vim.cmd('GoEnv environment')
  equal(vim.api.nvim_buf_get_name(0), 'go-env:///environment')
  assert(text():match('\nVariables\n') and text():match('\n    GOFLAGS = %-mod=mod\n'), text())
  equal(vim.bo.modifiable, false)

  vim.cmd('GoEnv explain go: cannot find GOROOT directory: /nonexistent-go')
  eventually('the explanation', function() return vim.bo.filetype == 'markdown' end)
  assert(text():match('GOROOT'), text())
end

function cases.registry()
  vim.cmd('edit go-env:/registry/HKCU/Environment')
  eventually('the document', function() return vim.bo.filetype == 'go-env-registry' end)
  local before = lines()
  local d = offending('dead-path-entry', [[C:\Program File\Go\bin]])

  local after = vim.deepcopy(before)
  after[d.lnum + 1] = [[    C:\Program Files\Go\bin]]
  vim.api.nvim_buf_set_lines(0, d.lnum, d.lnum + 1, true, { after[d.lnum + 1] })
  vim.cmd('write')
  equal(#confirmed, 1)
  assert(confirmed[1]:match('^Change Path in HKCU\\Environment\n') and not confirmed[1]:match('GOFLAGS'), confirmed[1])
  equal(vim.bo.modified, false)
  vim.cmd('edit!')
  equal(lines(), after)
  eventually('no problem', function() return #vim.diagnostic.get(0) == 0 end)

  said('Done: ')
  vim.cmd('GoEnv undo')
  said('Undone: ')
  eventually('the undone text', function() return vim.deep_equal(lines(), before) end)

  vim.api.nvim_buf_set_lines(0, -1, -1, true, { '"X="1' })
  vim.cmd('write')
  said('Nothing was written. Line ' .. #before + 1 .. ': ')
  equal(vim.bo.modified, true)
  equal(vim.api.nvim_win_get_cursor(0)[1], #before + 1)
  vim.cmd('edit!')
  equal(lines(), before)
  vim.cmd('GoEnv diagnose') -- after which nothing is under way
  eventually('the list', function() return #vim.fn.getqflist() > 0 end)
  vim.cmd('wincmd p')
  equal(at(offending('dead-path-entry', [[C:\Program File\Go\bin]])), at(d))
end

function cases.manual()
  vim.cmd('edit go-env:/environment')
  eventually('the document', function() return vim.bo.filetype == 'go-env' end)
  local document = vim.api.nvim_get_current_buf()
  act(problem('go-not-found'), '^Install Go$')
  eventually('the text', function() return vim.bo.filetype == 'markdown' end)
  assert(text():match('^Install Go\n') and text():match('\n    winget install '), text())
  assert(vim.fn.getreg('"'):match('^winget install '), vim.fn.getreg('"'))

  vim.cmd('close')
  equal(vim.api.nvim_get_current_buf(), document)
  local lenses = eventually('lenses', function()
    local found = vim.lsp.codelens.get(document)
    return #found > 0 and found
  end)
  local titles = vim.tbl_map(function(l) return l.command.title end, lenses)
  equal(titles, { 'Fix…', 'Why?' })
  vim.api.nvim_win_set_cursor(0, { lenses[1].range.start.line + 1, 0 })
  chosen = '^Fix…' -- of the lenses; then of what can be done
  local select = vim.ui.select
  vim.ui.select = function(...) select(...) chosen = '^Explain' end
  vim.lsp.codelens.run()
  eventually('the explanation', function() return vim.bo.filetype == 'markdown' end)
end

local ok, err = xpcall(function()
  local command = { os.getenv('EDITORS_SIDECAR'), 'serve', '--stdio' }
  local scenario = os.getenv('EDITORS_SCENARIO')
  if scenario then
    vim.list_extend(command, { '--scenario', scenario })
  end
  require('go-env-doctor').setup({ cmd = command })
  cases[case]()
end, debug.traceback)
if not ok then
  io.stderr:write(err, '\n')
  vim.cmd('cquit 1')
end
vim.cmd('qall!')
