;;; What a user does in Emacs, by the commands that a user has: EDITORS_CASE says which.  -*- lexical-binding: t; -*-
;;; Any error ends Emacs with another code than 0.

(require 'cl-lib)
(package-initialize) ; Debian's eglot is a package
(load (expand-file-name "go-env-doctor.el" (getenv "EDITORS_CONFIG")) nil t)

(defvar command `(,(getenv "EDITORS_SIDECAR") "serve" "--stdio"
                  ,@(when-let ((scenario (getenv "EDITORS_SCENARIO"))) (list "--scenario" scenario))))
(setq go-env-doctor-command command)
(go-env-doctor-setup)

(define-derived-mode go-mode prog-mode "Go") ; Emacs brings none

(defvar offered nil)
(defvar chosen nil "Patterns of what the user chooses.")
(defvar confirmed nil "What the user was shown before.")

(defun complete (_prompt table &rest _)
  (setq offered (all-completions "" table))
  (let ((pattern (pop chosen)))
    (or (cl-find-if (lambda (title) (string-match-p pattern title)) offered)
        (error "Not offered: %s among %S" pattern offered))))
(advice-add 'completing-read :override #'complete)
(advice-add 'y-or-n-p :override
            (lambda (prompt) (push (concat prompt (with-current-buffer "*Go Env Doctor diff*" (buffer-string))) confirmed)))

(defun eventually (what f)
  "The value of F once it is not nil; WHAT tells of it."
  (let ((end (+ (float-time) 10)) value)
    (while (not (setq value (funcall f)))
      (when (> (float-time) end) (error "Waited in vain for %s: %S" what (buffer-string)))
      (accept-process-output nil 0.01)
      (when flymake-mode (flymake-start)))
    value))

(defun equals (got want)
  (unless (equal got want) (error "Got %S, want %S" got want)))

(defun holds (pattern)
  (unless (string-match-p pattern (buffer-string)) (error "No %s in %s" pattern (buffer-string))))

(defun file-text (name)
  (with-temp-buffer (insert-file-contents name) (buffer-string)))

(defun problem (id)
  "The problem of the rule ID in this buffer."
  (eventually id (lambda () (cl-find-if (lambda (d) (string-match-p (regexp-quote (format "[%s]" id)) (flymake-diagnostic-text d)))
                                        (flymake-diagnostics)))))

(defun offending (d)
  (list (line-number-at-pos (flymake-diagnostic-beg d))
        (buffer-substring-no-properties (flymake-diagnostic-beg d) (flymake-diagnostic-end d))))

(defun act (d &rest patterns)
  (goto-char (flymake-diagnostic-beg d))
  (setq chosen patterns)
  (go-env-doctor-fix))

(defun replace-line (d text)
  (goto-char (flymake-diagnostic-beg d))
  (delete-region (line-beginning-position) (line-end-position))
  (insert text))

(defun case-machine ()
  (let ((gomod (expand-file-name "go.mod")) (goenv (expand-file-name "~/.config/go/env")) (broken "GOFLAGS=-mod=mod\nGOROOT=/nonexistent-go\n"))
    (find-file "main.go")
    (go-mode)
    (find-file gomod)
    (equals (offending (problem "stale-goroot")) '(1 "module example.com/app"))
    (find-file goenv)
    (equals (offending (problem "stale-goroot")) '(2 "/nonexistent-go"))

    (goto-char (point-min))
    (let (said)
      (go-env-doctor-eldoc (lambda (text &rest _) (setq said text)))
      (unless (string-match-p "GOFLAGS.*-mod=mod" (eventually "the hover" (lambda () said))) (error "%s" said)))

    (act (problem "stale-goroot") "^Remove GOROOT from ")
    (equals (file-text goenv) "GOFLAGS=-mod=mod\n")
    (equals (buffer-string) "GOFLAGS=-mod=mod\n")
    (eventually "no problem" (lambda () (null (flymake-diagnostics))))
    (equals confirmed nil) ; a safe fix that was chosen

    (go-env-doctor-undo)
    (equals (file-text goenv) broken)
    (problem "stale-goroot")

    (find-file gomod) ; from the symptom
    (act (problem "stale-goroot") "^Remove GOROOT from ")
    (equals (file-text goenv) "GOFLAGS=-mod=mod\n")
    (setq chosen '("Remove GOROOT from .* (made)"))
    (go-env-doctor-history)
    (equals (file-text goenv) broken)
    (setq chosen '("^GOROOT is /nonexistent-go"))
    (go-env-doctor-diagnose)
    (equals (list buffer-file-name (line-number-at-pos)) (list goenv 2))
    (go-env-doctor-fix-all)
    (equals (length confirmed) 1)
    (equals (file-text goenv) "GOFLAGS=-mod=mod\n")

    (go-env-doctor-show-environment)
    (equals (buffer-name) "go-env:/environment")
    (holds "^Variables\n")
    (holds "^    GOFLAGS = -mod=mod\n")
    (equals buffer-read-only t)

    (go-env-doctor-explain "go: cannot find GOROOT directory: /nonexistent-go")
    (with-current-buffer "*Go Env Doctor*" (holds "GOROOT"))))

(defun case-edit ()
  "A file of the workspace is the editor's to change, and the user's to save."
  (let ((goenv (expand-file-name "~/.config/go/env")))
    (write-region "module example.com/env\n" nil "~/.config/go/go.mod")
    (write-region "# für\nGOFLAGS=-mod=mod\nGOROOT=/nonexistent-go\n" nil goenv)
    (find-file goenv)
    (go-mode)
    (act (problem "stale-goroot") "^Remove GOROOT from ")
    (equals (buffer-string) "# für\nGOFLAGS=-mod=mod\n")
    (equals (file-text goenv) "# für\nGOFLAGS=-mod=mod\nGOROOT=/nonexistent-go\n")
    (equals (buffer-file-name) goenv)
    (save-buffer)
    (eventually "no problem" (lambda () (null (flymake-diagnostics))))))

(defun case-registry ()
  (go-env-doctor-show-registry "HKCU")
  (let ((before (buffer-string)) (d (problem "dead-path-entry")) after)
    (equals (cadr (offending d)) "C:\\Program File\\Go\\bin")
    (replace-line d "    C:\\Program Files\\Go\\bin")
    (setq after (buffer-string))
    (save-buffer)
    (equals (length confirmed) 1)
    (when (or (not (string-prefix-p "Change Path in HKCU\\Environment? " (car confirmed))) (string-match-p "GOFLAGS" (car confirmed)))
      (error "%s" (car confirmed)))
    (equals (buffer-modified-p) nil)
    (revert-buffer)
    (equals (buffer-string) after)
    (eventually "no problem" (lambda () (null (flymake-diagnostics))))

    (go-env-doctor-undo)
    (eventually "the undone text" (lambda () (equal (buffer-string) before)))

    (goto-char (point-max))
    (insert "\"X=\"1\n")
    (let ((lines (count-lines (point-min) (point-max))))
      (goto-char (point-min))
      (let ((said (condition-case err (progn (save-buffer) "saved") (user-error (cadr err)))))
        (unless (string-prefix-p (format "Nothing was written.  Line %d: " lines) said) (error "%s" said)))
      (equals (buffer-modified-p) t)
      (equals (line-number-at-pos) lines))
    (revert-buffer)
    (equals (buffer-string) before)))

(defun case-manual ()
  (go-env-doctor-show-environment)
  (act (problem "go-not-found") "^Install Go$")
  (with-current-buffer "*Go Env Doctor*"
    (holds "\\`Install Go\n")
    (holds "^    winget install "))
  (unless (string-prefix-p "winget install " (current-kill 0)) (error "Copied %s" (current-kill 0)))

  (setq chosen '("^Explain"))
  (go-env-doctor--run "goEnv.chooseFix" (plist-get (flymake-diagnostic-data (problem "go-not-found")) :data))
  (with-current-buffer "*Go Env Doctor*" (holds "go-not-found\\|no Go on this machine")))

(define-derived-mode go-dot-mod-mode prog-mode "Go Mod")

(defun case-eglot ()
  "Eglot alone, as docs/editors.md says."
  (remove-hook 'go-dot-mod-mode-hook #'go-env-doctor--go)
  (require 'eglot)
  (add-to-list 'eglot-server-programs `((go-dot-mod-mode go-mod-ts-mode) . ,command))
  (let ((goenv (expand-file-name "~/.config/go/env")) (broken "GOFLAGS=-mod=mod\nGOROOT=/nonexistent-go\n"))
    (find-file "go.mod")
    (go-dot-mod-mode)
    (eglot-ensure)
    (run-hooks 'post-command-hook) ; there is no loop of commands here
    (equals (offending (problem "stale-goroot")) '(1 "module example.com/app"))
    (goto-char (flymake-diagnostic-beg (problem "stale-goroot")))
    (setq chosen '("^Remove GOROOT from ") last-nonmenu-event t)
    (eglot-code-actions (point) (line-end-position) nil t)
    (equals (file-text goenv) "GOFLAGS=-mod=mod\n")
    (eventually "no problem" (lambda () (null (flymake-diagnostics))))
    (eglot-execute-command (eglot-current-server) 'goEnv.undo [])
    (equals (file-text goenv) broken)
    (problem "stale-goroot")))

(defun case-beside ()
  "Eglot with another server in the same buffer."
  (require 'eglot)
  (add-to-list 'eglot-server-programs `(go-dot-mod-mode . ,command)) ; in the role of gopls
  (find-file "go.mod")
  (go-dot-mod-mode)
  (eglot-ensure)
  (run-hooks 'post-command-hook)
  (eventually "the same from both" (lambda () (= 2 (length (flymake-diagnostics)))))
  (act (problem "stale-goroot") "^Remove GOROOT from ")
  (equals (file-text "~/.config/go/env") "GOFLAGS=-mod=mod\n")
  (eventually "no problem" (lambda () (null (flymake-diagnostics)))))

(funcall (intern (concat "case-" (getenv "EDITORS_CASE"))))
