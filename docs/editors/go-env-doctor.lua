-- Go Env Doctor for Neovim's own LSP client, 0.7 and later. Put this file at ~/.config/nvim/lua/go-env-doctor.lua and say
--
--   require('go-env-doctor').setup()
--
-- in init.lua. :GoEnv shows what else there is. It runs beside gopls; one program serves all of Neovim, since there is one machine.

local M = {}

local options = {
  cmd = { 'go-env-doctor', 'serve', '--stdio' },
  filetypes = { 'go', 'gomod', 'gowork' }, -- that start it
  trusted = true, -- false: nothing of the workspace is run or believed
  rules = vim.empty_dict(), -- by rule id: "off", "error", "warning", "info", "hint"
}

local client_id
local folders = {} -- that the program knows, as a set
local base = {} -- by buffer of a go-env: document: the text that its editing began with

local function error_message(text)
  vim.notify(text, vim.log.levels.ERROR)
end

-- Neovim 0.11 made the functions of a client methods.
local function call(name, ...)
  local client = vim.lsp.get_client_by_id(client_id)
  if vim.fn.has('nvim-0.11') == 1 then
    return client[name](client, ...)
  end
  return client[name](...)
end

local function ask(method, params, done)
  call('request', method, params, function(err, result)
    if err then
      error_message(err.message)
    else
      done(result)
    end
  end)
end

local function ask_now(method, params)
  local answer, reason = call('request_sync', method, params, 30000)
  if not answer then
    return nil, { message = method .. ': ' .. tostring(reason) }
  end
  return answer.result, answer.err
end

-- Neovim takes a name for a URI where two slashes follow the colon; the program reads both ways of writing it.
local function document_name(uri)
  return (uri:gsub('^go%-env:/+', 'go-env:///'))
end

local function show(text, filetype)
  vim.cmd('botright new')
  local buf = vim.api.nvim_get_current_buf()
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, vim.split(text, '\n', { plain = true }))
  vim.bo[buf].buftype, vim.bo[buf].bufhidden, vim.bo[buf].swapfile = 'nofile', 'wipe', false
  vim.bo[buf].filetype = filetype
  vim.bo[buf].modifiable = false
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buf })
end

local function tell(receipt)
  local lines = { receipt.message }
  for _, s in ipairs(receipt.stale) do
    table.insert(lines, s.message .. ' ' .. s.action)
  end
  vim.notify(table.concat(lines, '\n'))
  vim.cmd('checktime') -- what changed may be open
end

local function execute(command, argument, done)
  ask('workspace/executeCommand', { command = command, arguments = { argument } }, done or tell)
end

local function agreed(preview)
  return vim.fn.confirm(preview.title .. '\n\n' .. preview.diff, '&Apply\n&Cancel', 1, 'Question') == 1
end

-- change shows what a command would change before it runs, but for a safe fix that the user chose.
local function change(method, command, argument)
  ask(method, argument, function(preview)
    if #preview.files == 0 then
      vim.notify('There is nothing to change.')
    elseif (preview.safety == 'safe' and not argument.allSafe) or agreed(preview) then
      execute(command, argument)
    end
  end)
end

-- instruct shows what only the user can do, and copies the command.
local function instruct(manual)
  local text = manual.title .. '\n\n' .. manual.text
  if manual.command ~= '' then
    text = text .. '\n\n    ' .. manual.command:gsub('\n', '\n    ')
    vim.fn.setreg('"', manual.command)
    if vim.fn.has('clipboard') == 1 then
      vim.fn.setreg('+', manual.command)
    end
  end
  if (manual.page or '') ~= '' then
    text = text .. '\n\n<' .. manual.page .. '>'
  end
  show(text, 'markdown')
end

local function explain(params)
  ask('goEnv/explain', params, function(e) show(e.markdown, 'markdown') end)
end

local function choose_fix(problem)
  ask('goEnv/fixes', { problem = problem }, function(fixes)
    vim.ui.select(fixes.choices, { prompt = fixes.title, format_item = function(c) return c.title end }, function(c)
      if not c then
        return
      elseif c.command == 'goEnv.fix' then
        change('goEnv/preview', c.command, c.fix)
      elseif c.command == 'goEnv.manual' then
        instruct(c.manual)
      elseif c.command == 'goEnv.explainProblem' then
        explain({ problem = c.problem })
      else
        execute(c.command, c.problem, function() end)
      end
    end)
  end)
end

-- The commands of code actions and lenses that Neovim runs itself.
local commands = {
  ['goEnv.fix'] = function(c) change('goEnv/preview', c.command, c.arguments[1]) end,
  ['goEnv.manual'] = function(c) instruct(c.arguments[1]) end,
  ['goEnv.chooseFix'] = function(c) choose_fix(c.arguments[1]) end,
  ['goEnv.explainProblem'] = function(c) explain({ problem = c.arguments[1] }) end,
}

local function attach(buf)
  if vim.api.nvim_buf_is_loaded(buf) and not vim.lsp.buf_is_attached(buf, client_id) then
    vim.lsp.buf_attach_client(buf, client_id)
  end
end

local function text_of(buf)
  local eol = vim.bo[buf].fileformat == 'dos' and '\r\n' or '\n'
  return table.concat(vim.api.nvim_buf_get_lines(buf, 0, -1, false), eol) .. (vim.bo[buf].endofline and eol or '')
end

local function fill(buf, document)
  local lines = vim.split(document.text, '\n', { plain = true })
  local ended = lines[#lines] == ''
  if ended then
    table.remove(lines)
  end
  local dos = #lines > 0
  for _, line in ipairs(lines) do
    dos = dos and line:sub(-1) == '\r'
  end
  if dos then
    lines = vim.tbl_map(function(line) return line:sub(1, -2) end, lines)
  end
  vim.bo[buf].buftype, vim.bo[buf].swapfile, vim.bo[buf].modifiable = 'acwrite', false, true
  vim.bo[buf].fileformat, vim.bo[buf].endofline, vim.bo[buf].fixendofline = dos and 'dos' or 'unix', ended, false
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modified = false
  vim.bo[buf].modifiable, vim.bo[buf].readonly = document.savable, not document.savable
  base[buf] = document.text
end

-- Handlers of what the program says on its own, and of answers that name its documents.
local handlers = {
  ['textDocument/publishDiagnostics'] = function(err, result, ctx, config)
    local name = document_name(result.uri)
    if name ~= result.uri and base[vim.fn.bufnr('^' .. name .. '$')] then
      return -- of the time before Neovim opened it: since then the program writes the name as Neovim does
    end
    result.uri = name
    vim.lsp.handlers['textDocument/publishDiagnostics'](err, result, ctx, config)
    if #result.diagnostics > 0 then
      attach(vim.uri_to_bufnr(result.uri)) -- so that it has code actions there
    end
  end,
  ['textDocument/definition'] = function(err, result, ctx, config)
    for _, at in ipairs(result or {}) do
      at.uri = document_name(at.uri)
    end
    vim.lsp.handlers['textDocument/definition'](err, result, ctx, config)
  end,
  ['goEnv/documentsChanged'] = function(_, changed)
    for _, uri in ipairs(changed.uris) do
      local buf = vim.fn.bufnr('^' .. document_name(uri) .. '$')
      if buf > 0 and base[buf] and not vim.bo[buf].modified then
        ask('goEnv/document', { uri = uri }, function(document)
          if vim.api.nvim_buf_is_loaded(buf) and not vim.bo[buf].modified and document.text ~= base[buf] then
            fill(buf, document)
          end
        end)
      end
    end
  end,
}

-- root is the folder of the workspace or module of a file of Go, nil if it has none.
local function root(buf)
  local dir = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buf), ':p:h')
  for _, file in ipairs({ 'go.work', 'go.mod' }) do
    local found = vim.fn.findfile(file, vim.fn.fnameescape(dir) .. ';')
    if found ~= '' then
      return vim.fn.fnamemodify(found, ':p:h')
    end
  end
end

-- start starts the program, once, and waits until it has answered. It is false where there is no such program. The folder is the first
-- of the workspace, nil if there is none.
local function start(dir)
  if client_id and vim.lsp.get_client_by_id(client_id) then
    return true
  end
  if vim.fn.executable(options.cmd[1]) == 0 then
    return false
  end
  folders = dir and { [dir] = true } or {}
  local v = vim.version()
  client_id = vim.lsp.start_client({
    name = 'go-env-doctor',
    cmd = options.cmd,
    root_dir = dir,
    init_options = {
      editor = { name = 'neovim', version = ('%d.%d.%d'):format(v.major, v.minor, v.patch) },
      trusted = options.trusted,
      documents = true,
      rules = { user = options.rules, workspace = vim.empty_dict() },
    },
    before_init = function(params) params.locale = vim.v.lang end,
    handlers = handlers,
    commands = commands,
  })
  return client_id ~= nil and vim.wait(10000, function()
    local client = vim.lsp.get_client_by_id(client_id)
    return client ~= nil and client.server_capabilities ~= nil
  end, 5)
end

local function serve(buf)
  local dir = root(buf)
  if not start(dir) then
    return
  end
  if dir and not folders[dir] then
    folders[dir] = true
    call('notify', 'workspace/didChangeWorkspaceFolders', { event = { added = { { uri = vim.uri_from_fname(dir), name = dir } }, removed = {} } })
  end
  attach(buf)
end

local function read(buf, name)
  if not name:match('^go%-env:///') then -- the name of a file of the working directory to Neovim
    vim.schedule(function()
      vim.cmd('edit ' .. vim.fn.fnameescape(document_name(name:match('go%-env:.*'))))
      vim.api.nvim_buf_delete(buf, { force = true })
    end)
    return
  end
  if not start() then
    return error_message(options.cmd[1] .. ' is not installed')
  end
  local document, err = ask_now('goEnv/document', { uri = name })
  if not document then
    return error_message(err.message)
  end
  fill(buf, document)
  local registry = name:match('^go%-env:///registry/')
  vim.bo[buf].filetype = registry and 'go-env-registry' or name:match('%.md$') and 'markdown' or 'go-env'
  vim.api.nvim_buf_call(buf, function()
    if vim.bo.filetype ~= 'markdown' then
      vim.cmd([[syntax match Comment /^\s*;.*/]])
      vim.cmd([[syntax match Title /^[^ ;"].*/]])
    end
  end)
  attach(buf)
  vim.lsp.codelens.refresh()
end

-- write saves a document: what it changes is shown first, and is a fix like any other, with undo.
local function write(buf, name)
  local request = { uri = name, base = base[buf], text = text_of(buf) }
  local preview, err = ask_now('goEnv/previewSave', request)
  if preview and #preview.files == 0 then
    vim.bo[buf].modified = false
    return
  end
  local receipt
  if preview then
    if not agreed(preview) then
      return error_message('Nothing was written.')
    end
    receipt, err = ask_now('workspace/executeCommand', { command = 'goEnv.save', arguments = { request } })
  end
  if not receipt then
    if type(err.data) == 'table' and err.data.line and buf == vim.api.nvim_get_current_buf() then
      vim.api.nvim_win_set_cursor(0, { math.min(err.data.line, vim.api.nvim_buf_line_count(buf)), 0 })
    end
    return error_message('Nothing was written. ' .. err.message)
  end
  base[buf] = request.text
  vim.bo[buf].modified = false
  tell(receipt)
  handlers['goEnv/documentsChanged'](nil, { uris = { name } }) -- it may be written in another way now
end

local function open(name)
  vim.cmd('split ' .. vim.fn.fnameescape(name))
end

-- :GoEnv NAME
local surface = {
  environment = function() open('go-env:///environment') end,
  registry = function(hive) open('go-env:///registry/' .. (hive ~= '' and hive or 'HKCU') .. '/Environment') end,
  diagnose = function()
    ask('goEnv/diagnose', vim.empty_dict(), function(d)
      vim.diagnostic.setqflist({ namespace = vim.lsp.diagnostic.get_namespace(client_id), open = #d.report.findings > 0 })
      vim.notify(d.summary)
    end)
  end,
  fixall = function() change('goEnv/preview', 'goEnv.fix', { allSafe = true }) end,
  undo = function() execute('goEnv.undo', vim.empty_dict()) end,
  explain = function(text) explain({ text = text }) end,
  locate = function(file) change('goEnv/previewLocate', 'goEnv.locate', { file = vim.fn.fnamemodify(vim.fn.expand(file), ':p') }) end,
  history = function()
    ask('goEnv/history', vim.empty_dict(), function(h)
      local format = function(e) return e.time .. '  ' .. e.title .. '  (' .. e.state .. ')' end
      vim.ui.select(h.entries, { prompt = 'Undo', format_item = format }, function(e)
        if e then
          execute('goEnv.undo', { id = e.id })
        end
      end)
    end)
  end,
  ignored = function()
    ask('goEnv/ignored', vim.empty_dict(), function(r)
      vim.ui.select(r.ignored, { prompt = 'Stop ignoring', format_item = function(i) return i.title end }, function(i)
        if i then
          execute('goEnv.unignore', i.problem, function() end)
        end
      end)
    end)
  end,
}

function M.setup(given)
  options = vim.tbl_extend('force', options, given or {})
  local group = vim.api.nvim_create_augroup('go-env-doctor', {})
  local function on(event, pattern, callback)
    vim.api.nvim_create_autocmd(event, { group = group, pattern = pattern, callback = callback })
  end
  on('FileType', options.filetypes, function(a) serve(a.buf) end)
  on('BufReadPost', '*', function(a)
    if not client_id or not vim.lsp.get_client_by_id(client_id) then
      return
    end
    local namespace = vim.lsp.diagnostic.get_namespace(client_id)
    if a.match:match('/go/env$') or #vim.diagnostic.get(a.buf, { namespace = namespace }) > 0 then
      attach(a.buf)
    end
  end)
  on('BufReadCmd', 'go-env:/*', function(a) read(a.buf, a.match) end)
  on('BufWriteCmd', 'go-env:/*', function(a) write(a.buf, a.match) end)
  on('BufUnload', 'go-env:/*', function(a) base[a.buf] = nil end)
  vim.api.nvim_create_user_command('GoEnv', function(c)
    local name, rest = c.args:match('^(%S+)%s*(.*)$')
    if not surface[name] then
      error_message('GoEnv ' .. table.concat(vim.fn.sort(vim.tbl_keys(surface)), '|'))
    elseif start() then
      surface[name](rest)
    else
      error_message(options.cmd[1] .. ' is not installed')
    end
  end, {
    nargs = '+',
    complete = function(lead)
      return vim.fn.sort(vim.tbl_filter(function(name) return vim.startswith(name, lead) end, vim.tbl_keys(surface)))
    end,
  })
end

return M
