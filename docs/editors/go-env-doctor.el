;;; go-env-doctor.el --- Find and repair what is wrong with Go's environment  -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "28.1"))

;;; Commentary:

;; Put this file into a directory of `load-path' and say in init.el
;;
;;   (require 'go-env-doctor)
;;   (go-env-doctor-setup)
;;
;; M-x go-env-doctor-fix offers what can be done about the problem on this line.  Eglot has one server for a buffer, and for Go that
;; is gopls.  So this talks to the program beside it, with the libraries that Eglot is made of: jsonrpc and Flymake.  One program
;; serves all of Emacs, since there is one machine.

;;; Code:

(require 'cl-lib)
(require 'eldoc)
(require 'flymake)
(require 'jsonrpc)
(require 'subr-x)
(require 'url-parse)
(require 'url-util)

(defgroup go-env-doctor nil "What is wrong with Go's environment." :group 'tools)

(defcustom go-env-doctor-command '("go-env-doctor" "serve" "--stdio")
  "The program with its arguments."
  :type '(repeat string))

(defcustom go-env-doctor-trusted t
  "Nil: nothing of the workspace is run or believed."
  :type 'boolean)

(defcustom go-env-doctor-rules nil
  "\"off\" or a severity (error, warning, info, hint) for each rule id."
  :type '(alist :key-type string :value-type string))

(defvar go-env-doctor--connection nil)
(defvar go-env-doctor--folders nil "Workspaces and modules of the files of Go that were opened.")
(defvar go-env-doctor--problems (make-hash-table :test 'equal) "By `go-env-doctor--key': (URI . DIAGNOSTICS).")
(defvar-local go-env-doctor--report nil "Where Flymake wants the problems of this buffer.")
(defvar-local go-env-doctor--uri nil "URI of a go-env: document.")
(defvar-local go-env-doctor--base nil "Text of a go-env: document that its editing began with.")
(defvar go-env-doctor-mode)

;;;; The connection

(defun go-env-doctor--object (&rest plist)
  "PLIST as a JSON object; nil would be null."
  (or plist (make-hash-table)))

(defun go-env-doctor--folder (dir)
  "DIR as a workspace folder."
  (list :uri (go-env-doctor--file-uri dir) :name (file-name-nondirectory (directory-file-name dir))))

(defun go-env-doctor--connect ()
  "The connection to the program."
  (unless (and go-env-doctor--connection (jsonrpc-running-p go-env-doctor--connection))
    (clrhash go-env-doctor--problems)
    (setq go-env-doctor--connection (go-env-doctor--start)))
  go-env-doctor--connection)

(defun go-env-doctor--start ()
  "Start the program."
  (let ((connection
         (make-instance
          'jsonrpc-process-connection
          :name "go-env-doctor"
          :process (lambda ()
                     (make-process :name "go-env-doctor" :command go-env-doctor-command :connection-type 'pipe
                                   :coding 'utf-8-emacs-unix :noquery t :stderr (get-buffer-create " *go-env-doctor log*")))
          :notification-dispatcher #'go-env-doctor--notified
          :request-dispatcher #'ignore
          :events-buffer-scrollback-size 0)))
    (jsonrpc-request
     connection 'initialize
     `(:processId ,(emacs-pid)
       :rootUri nil
       :workspaceFolders [,@(mapcar #'go-env-doctor--folder go-env-doctor--folders)]
       :locale ,(or (getenv "LC_ALL") (getenv "LC_MESSAGES") (getenv "LANG") "")
       :capabilities (:general (:positionEncodings ["utf-8"]))
       :initializationOptions
       (:editor (:name "emacs" :version ,emacs-version)
        :trusted ,(if go-env-doctor-trusted t :json-false)
        :documents t
        :rules (:user ,(apply #'go-env-doctor--object
                              (cl-loop for (id . severity) in go-env-doctor-rules append (list (intern (concat ":" id)) severity)))
                :workspace ,(go-env-doctor--object)))))
    (jsonrpc-notify connection 'initialized (go-env-doctor--object))
    connection))

(defun go-env-doctor--ask (method params)
  "The answer of the program to METHOD with PARAMS."
  (jsonrpc-request (go-env-doctor--connect) method (or params (go-env-doctor--object)) :timeout 30))

(defun go-env-doctor--execute (command argument)
  "The answer of the program to COMMAND with ARGUMENT."
  (go-env-doctor--ask 'workspace/executeCommand
                      `(:command ,(format "%s" command) :arguments [,(or argument (go-env-doctor--object))])))

(defun go-env-doctor--notified (connection method params)
  "Hear METHOD with PARAMS on CONNECTION."
  (pcase method
    ('textDocument/publishDiagnostics
     (let ((key (go-env-doctor--key (plist-get params :uri))))
       (puthash key (cons (plist-get params :uri) (plist-get params :diagnostics)) go-env-doctor--problems)
       (dolist (buffer (buffer-list))
         (with-current-buffer buffer
           (when (member key (go-env-doctor--keys))
             (cond ((not go-env-doctor-mode) (unless (seq-empty-p (plist-get params :diagnostics)) (go-env-doctor-mode)))
                   (go-env-doctor--report (funcall go-env-doctor--report (go-env-doctor--diagnostics) :region (cons (point-min) (point-max))))))))))
    ('goEnv/documentsChanged
     (let ((keys (mapcar #'go-env-doctor--key (plist-get params :uris))))
       (dolist (buffer (buffer-list))
         (with-current-buffer buffer
           (when (and go-env-doctor--uri (member go-env-doctor--uri keys) (not (buffer-modified-p)))
             ;; Not a request that is waited for: the answer to one that is already waited for would end it.
             (jsonrpc-async-request
              connection 'goEnv/document (list :uri go-env-doctor--uri)
              :success-fn (lambda (document)
                            (when (buffer-live-p buffer)
                              (with-current-buffer buffer
                                (unless (buffer-modified-p) (go-env-doctor--fill document)))))
              :error-fn #'ignore))))))
    ('window/showMessage (message "%s" (plist-get params :message)))))

;;;; Names and positions

(defun go-env-doctor--file-uri (file)
  "The URI of FILE."
  (let ((name (directory-file-name (expand-file-name file))))
    (concat "file://" (if (string-prefix-p "/" name) "" "/")
            (url-hexify-string name (let ((allowed (copy-sequence url-path-allowed-chars)))
                                      (aset allowed ?: nil)
                                      allowed)))))

(defun go-env-doctor--key (uri)
  "What URI names: a file name, or a go-env: URI."
  (if (string-prefix-p "go-env:" uri)
      (replace-regexp-in-string "\\`go-env:/+" "go-env:/" uri)
    (let ((name (decode-coding-string (url-unhex-string (url-filename (url-generic-parse-url uri))) 'utf-8)))
      (if (string-match-p "\\`/[A-Za-z]:" name) (substring name 1) name))))

(defun go-env-doctor--keys ()
  "The keys of this buffer."
  (cond (go-env-doctor--uri (list go-env-doctor--uri))
        (buffer-file-name (list (expand-file-name buffer-file-name) buffer-file-truename (file-truename buffer-file-name)))))

(defun go-env-doctor--said ()
  "URI and problems of this buffer."
  (or (cl-some (lambda (key) (gethash key go-env-doctor--problems)) (go-env-doctor--keys))
      (list (or go-env-doctor--uri (go-env-doctor--file-uri buffer-file-name)))))

(defun go-env-doctor--document ()
  "This buffer as a text document."
  (list :uri (car (go-env-doctor--said))))

(defun go-env-doctor--point (position)
  "The point of POSITION, whose character counts bytes of UTF-8."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (forward-line (plist-get position :line))
      (let ((bytes (encode-coding-string (buffer-substring-no-properties (point) (line-end-position)) 'utf-8)))
        (+ (point) (length (decode-coding-string (substring bytes 0 (min (plist-get position :character) (length bytes))) 'utf-8)))))))

(defun go-env-doctor--position (point)
  "The position of POINT."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char point)
      (list :line (1- (line-number-at-pos))
            :character (length (encode-coding-string (buffer-substring-no-properties (line-beginning-position) point) 'utf-8))))))

;;;; Problems

(defun go-env-doctor--diagnostics ()
  "The problems of this buffer for Flymake."
  (cl-loop
   for d across (or (cdr (go-env-doctor--said)) [])
   for start = (go-env-doctor--point (plist-get (plist-get d :range) :start))
   for end = (go-env-doctor--point (plist-get (plist-get d :range) :end))
   collect (flymake-make-diagnostic
            (current-buffer) start (if (< start end) end (min (1+ start) (point-max)))
            (pcase (plist-get d :severity) (1 :error) (2 :warning) (_ :note))
            (format "%s [%s]" (plist-get d :message) (plist-get d :code))
            d)))

(defun go-env-doctor-flymake (report &rest _)
  "A backend of Flymake, which is to REPORT."
  (setq go-env-doctor--report report)
  (funcall report (go-env-doctor--diagnostics)))

(defun go-env-doctor-eldoc (callback &rest _)
  "Tell CALLBACK what the variable of Go at point is, and who set it."
  (jsonrpc-async-request
   (go-env-doctor--connect) 'textDocument/hover
   (list :textDocument (go-env-doctor--document) :position (go-env-doctor--position (point)))
   :success-fn (lambda (hover) (when hover (funcall callback (plist-get (plist-get hover :contents) :value))))
   :error-fn #'ignore)
  t)

(defun go-env-doctor--join ()
  "Have Flymake ask here, too.  Eglot takes its list of backends for itself."
  (when go-env-doctor-mode
    (add-hook 'flymake-diagnostic-functions #'go-env-doctor-flymake nil t)
    (add-hook 'eldoc-documentation-functions #'go-env-doctor-eldoc nil t)
    (if flymake-mode (flymake-start) (flymake-mode))))

;;;###autoload
(define-minor-mode go-env-doctor-mode
  "Show what is wrong with Go's environment where it has to be changed."
  :lighter nil
  (cond
   (go-env-doctor-mode
    (go-env-doctor--connect)
    (go-env-doctor--join))
   (t
    (remove-hook 'flymake-diagnostic-functions #'go-env-doctor-flymake t)
    (remove-hook 'eldoc-documentation-functions #'go-env-doctor-eldoc t)
    (setq go-env-doctor--report nil)
    (when flymake-mode (flymake-start)))))

(defun go-env-doctor--maybe ()
  "Turn the mode on in a file of the environment."
  (when (and buffer-file-name go-env-doctor--connection (jsonrpc-running-p go-env-doctor--connection)
             (or (string-suffix-p "/go/env" buffer-file-name) (not (seq-empty-p (cdr (go-env-doctor--said))))))
    (go-env-doctor-mode)))

(defun go-env-doctor--go ()
  "Turn the mode on in a file of Go, if there is the program."
  (when (executable-find (car go-env-doctor-command))
    (let* ((dir (expand-file-name default-directory))
           (root (or (locate-dominating-file dir "go.work") (locate-dominating-file dir "go.mod"))))
      (when (and root (not (member root go-env-doctor--folders)))
        (push root go-env-doctor--folders)
        (when (and go-env-doctor--connection (jsonrpc-running-p go-env-doctor--connection))
          (jsonrpc-notify go-env-doctor--connection 'workspace/didChangeWorkspaceFolders
                          `(:event (:added [,(go-env-doctor--folder root)] :removed []))))))
    (go-env-doctor-mode)))

;;;###autoload
(defun go-env-doctor-setup ()
  "Use Go Env Doctor with files of Go, and with those that set its environment."
  (dolist (hook '(go-mode-hook go-ts-mode-hook go-dot-mod-mode-hook go-dot-work-mode-hook go-mod-ts-mode-hook go-work-ts-mode-hook))
    (add-hook hook #'go-env-doctor--go))
  (add-hook 'find-file-hook #'go-env-doctor--maybe)
  (add-hook 'eglot-managed-mode-hook #'go-env-doctor--join))

;;;; What can be done

(defun go-env-doctor--show (name text mode)
  "Show TEXT in a buffer NAME of MODE."
  (with-current-buffer (get-buffer-create name)
    (let ((inhibit-read-only t))
      (erase-buffer)
      (insert text)
      (goto-char (point-min)))
    (funcall mode)
    (view-mode)
    (display-buffer (current-buffer))))

(defun go-env-doctor--tell (receipt)
  "Say what RECEIPT says was done, and read again what changed."
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (when (and go-env-doctor-mode buffer-file-name (not (buffer-modified-p)) (not (verify-visited-file-modtime)))
        (revert-buffer t t t))))
  (message "%s" (string-join (cons (plist-get receipt :message)
                                   (cl-loop for s across (plist-get receipt :stale)
                                            collect (concat (plist-get s :message) " " (plist-get s :action))))
                             "\n")))

(defun go-env-doctor--agreed (preview)
  "Show PREVIEW and ask."
  (go-env-doctor--show "*Go Env Doctor diff*" (plist-get preview :diff) #'diff-mode)
  (y-or-n-p (concat (plist-get preview :title) "? ")))

(defun go-env-doctor--change (method command argument)
  "Run COMMAND with ARGUMENT; METHOD says before what it would change."
  (let ((preview (go-env-doctor--ask method argument)))
    (cond ((seq-empty-p (plist-get preview :files)) (message "There is nothing to change."))
          ((or (and (equal (plist-get preview :safety) "safe") (not (plist-get argument :allSafe))) (go-env-doctor--agreed preview))
           (go-env-doctor--tell (go-env-doctor--execute command argument))))))

(defun go-env-doctor--instruct (manual)
  "Show what only the user can do: MANUAL.  Its command can be yanked."
  (let ((command (plist-get manual :command)) (page (plist-get manual :page)))
    (unless (string-empty-p command) (kill-new command))
    (go-env-doctor--show "*Go Env Doctor*"
                         (concat (plist-get manual :title) "\n\n" (plist-get manual :text)
                                 (unless (string-empty-p command) (concat "\n\n    " (string-replace "\n" "\n    " command)))
                                 (unless (string-empty-p (or page "")) (concat "\n\n<" page ">"))
                                 "\n")
                         #'text-mode)))

(defun go-env-doctor--explain (params)
  "Show the explanation that PARAMS ask for."
  (go-env-doctor--show "*Go Env Doctor*" (plist-get (go-env-doctor--ask 'goEnv/explain params) :markdown)
                       (if (fboundp 'gfm-mode) 'gfm-mode #'text-mode)))

(defun go-env-doctor--choose (prompt items title)
  "One of the list ITEMS, whose TITLE is a function of it."
  (let ((table (mapcar (lambda (i) (cons (funcall title i) i)) items)))
    (unless table (user-error "There is nothing to choose from"))
    (cdr (assoc (completing-read prompt (lambda (string predicate action)
                                          (if (eq action 'metadata) '(metadata (display-sort-function . identity))
                                            (complete-with-action action table string predicate)))
                                 nil t nil nil (caar table))
                table))))

(defun go-env-doctor--run (command argument)
  "Run COMMAND of a code action, or of a choice, with its ARGUMENT."
  (pcase command
    ("goEnv.fix" (go-env-doctor--change 'goEnv/preview command argument))
    ("goEnv.manual" (go-env-doctor--instruct argument))
    ("goEnv.explainProblem" (go-env-doctor--explain (list :problem argument)))
    ("goEnv.chooseFix"
     (let* ((fixes (go-env-doctor--ask 'goEnv/fixes (list :problem argument)))
            (c (go-env-doctor--choose (concat (plist-get fixes :title) " ") (append (plist-get fixes :choices) nil)
                                      (lambda (c) (plist-get c :title)))))
       (go-env-doctor--run (plist-get c :command) (or (plist-get c :fix) (plist-get c :manual) (plist-get c :problem)))))
    (_ (go-env-doctor--execute command argument))))

(defun go-env-doctor--edit (changes)
  "Make CHANGES, text edits by URI, in buffers that the user saves and undoes."
  (cl-loop
   for (uri edits) on changes by #'cddr
   do (with-current-buffer (find-file-noselect (go-env-doctor--key (substring (symbol-name uri) 1)))
        (when (buffer-modified-p) (user-error "Save %s first" (buffer-name)))
        (atomic-change-group
          (dolist (edit (sort (mapcar (lambda (e) (list (go-env-doctor--point (plist-get (plist-get e :range) :start))
                                                        (go-env-doctor--point (plist-get (plist-get e :range) :end))
                                                        (string-replace "\r\n" "\n" (plist-get e :newText))))
                                      edits)
                              (lambda (a b) (> (car a) (car b)))))
            (goto-char (car edit))
            (delete-region (car edit) (cadr edit))
            (insert (caddr edit))))
        (pop-to-buffer (current-buffer)))))

(defun go-env-doctor-fix ()
  "Do something about the problems of this line."
  (interactive)
  (let* ((beg (line-beginning-position)) (end (line-end-position))
         (said (go-env-doctor--ask
                'textDocument/codeAction
                `(:textDocument ,(go-env-doctor--document)
                  :range (:start ,(go-env-doctor--position beg) :end ,(go-env-doctor--position end))
                  :context (:diagnostics ,(cl-remove-if-not
                                           (lambda (d) (<= beg (go-env-doctor--point (plist-get (plist-get d :range) :start)) end))
                                           (or (cdr (go-env-doctor--said)) []))))))
         (action (go-env-doctor--choose "Fix: " (append said nil) (lambda (a) (plist-get a :title)))))
    (when-let ((edit (plist-get action :edit)))
      (go-env-doctor--edit (plist-get edit :changes)))
    (when-let ((command (plist-get action :command)))
      (go-env-doctor--run (plist-get command :command) (elt (plist-get command :arguments) 0)))))

(defun go-env-doctor-fix-all ()
  "Make every safe fix; what it changes is shown first."
  (interactive)
  (go-env-doctor--change 'goEnv/preview 'goEnv.fix '(:allSafe t)))

(defun go-env-doctor-undo ()
  "Take the last fix back."
  (interactive)
  (go-env-doctor--tell (go-env-doctor--execute 'goEnv.undo nil)))

(defun go-env-doctor-history ()
  "Take back one of the fixes that were made."
  (interactive)
  (let ((entry (go-env-doctor--choose
                "Undo: " (append (plist-get (go-env-doctor--ask 'goEnv/history nil) :entries) nil)
                (lambda (e) (format "%s  %s (%s)" (plist-get e :time) (plist-get e :title) (plist-get e :state))))))
    (go-env-doctor--tell (go-env-doctor--execute 'goEnv.undo (list :id (plist-get entry :id))))))

(defun go-env-doctor-diagnose ()
  "Look at the machine again, and go to one of its problems."
  (interactive)
  (message "%s" (plist-get (go-env-doctor--ask 'goEnv/diagnose nil) :summary))
  (let ((problem (go-env-doctor--choose
                  "Go to: "
                  (cl-loop for said being the hash-values of go-env-doctor--problems
                           append (mapcar (lambda (d) (cons (car said) d)) (cdr said)))
                  (lambda (p) (format "%s  %s:%d" (plist-get (cdr p) :message) (go-env-doctor--key (car p))
                                      (1+ (plist-get (plist-get (plist-get (cdr p) :range) :start) :line)))))))
    (if (string-prefix-p "go-env:" (car problem))
        (go-env-doctor-open (car problem))
      (find-file (go-env-doctor--key (car problem))))
    (goto-char (go-env-doctor--point (plist-get (plist-get (cdr problem) :range) :start)))))

(defun go-env-doctor-explain (text)
  "Explain TEXT, an error message of go, gopls or the operating system."
  (interactive "sError message: ")
  (go-env-doctor--explain (list :text text)))

(defun go-env-doctor-ignored ()
  "Take back a problem that is ignored on this machine."
  (interactive)
  (let ((ignored (go-env-doctor--choose "Stop ignoring: " (append (plist-get (go-env-doctor--ask 'goEnv/ignored nil) :ignored) nil)
                                        (lambda (i) (plist-get i :title)))))
    (go-env-doctor--execute 'goEnv.unignore (plist-get ignored :problem))))

(defun go-env-doctor-locate (file)
  "Have FILE, a go that the doctor did not find, be found."
  (interactive "fProgram: ")
  (go-env-doctor--change 'goEnv/previewLocate 'goEnv.locate (list :file (expand-file-name file))))

;;;; Documents

(defvar go-env-doctor-document-font-lock
  '(("^ *;.*" . font-lock-comment-face)
    ("^[^ ;\"\n].*" . font-lock-keyword-face)
    ("^ *\\(\"?[A-Za-z_][^ =\n]*\\) ?=" 1 font-lock-variable-name-face)))

(define-derived-mode go-env-doctor-document-mode nil "Go-Env"
  "The machine, or its registry, as text.
Saving the registry shows what was changed, and writes it."
  (setq font-lock-defaults '(go-env-doctor-document-font-lock t))
  (setq-local flymake-diagnostic-functions nil ; the default one knows no such text
              buffer-offer-save t
              revert-buffer-function (lambda (&rest _) (go-env-doctor--read)))
  (add-hook 'write-contents-functions #'go-env-doctor--save nil t)
  (add-hook 'kill-buffer-hook #'go-env-doctor--close nil t))

(defun go-env-doctor-open (uri)
  "Show the document URI of the machine, as go-env:/environment."
  (interactive "sDocument: ")
  (let* ((name (go-env-doctor--key uri)) (buffer (get-buffer name)))
    (unless buffer
      (let ((dir default-directory))
        (with-current-buffer (setq buffer (get-buffer-create name))
          (setq default-directory dir)
          (go-env-doctor-document-mode)
          (setq go-env-doctor--uri name)
          (condition-case err
              (go-env-doctor--read)
            (error (kill-buffer buffer) (signal (car err) (cdr err))))
          (go-env-doctor-mode))))
    (pop-to-buffer buffer)))

(defun go-env-doctor--read ()
  "Fill this buffer with its document as it is now."
  (go-env-doctor--fill (go-env-doctor--ask 'goEnv/document (list :uri go-env-doctor--uri))))

(defun go-env-doctor--fill (document)
  "Fill this buffer with DOCUMENT."
  (let* ((text (plist-get document :text))
         (inhibit-read-only t)
         (new (generate-new-buffer " *go-env*" t)))
    (unwind-protect
        (progn
          (with-current-buffer new (insert text))
          (replace-buffer-contents new 1))
      (kill-buffer new))
    (jsonrpc-notify go-env-doctor--connection (if go-env-doctor--base 'textDocument/didChange 'textDocument/didOpen)
                    (if go-env-doctor--base
                        `(:textDocument (:uri ,go-env-doctor--uri :version ,(buffer-modified-tick)) :contentChanges [(:text ,text)])
                      `(:textDocument (:uri ,go-env-doctor--uri :languageId "go-env" :version ,(buffer-modified-tick) :text ,text))))
    (setq go-env-doctor--base text
          buffer-read-only (not (eq (plist-get document :savable) t))
          buffer-undo-list nil)
    (set-buffer-modified-p nil)))

(defun go-env-doctor--close ()
  "Tell that this document is closed."
  (when (and go-env-doctor--base go-env-doctor--connection (jsonrpc-running-p go-env-doctor--connection))
    (jsonrpc-notify go-env-doctor--connection 'textDocument/didClose `(:textDocument (:uri ,go-env-doctor--uri)))))

(defun go-env-doctor--save ()
  "Save this document.  What it changes is a fix like any other, with undo."
  (let ((request (list :uri go-env-doctor--uri :base go-env-doctor--base
                       :text (buffer-substring-no-properties (point-min) (point-max)))))
    (condition-case err
        (let ((preview (go-env-doctor--ask 'goEnv/previewSave request)))
          (cond ((seq-empty-p (plist-get preview :files)) (set-buffer-modified-p nil))
                ((not (go-env-doctor--agreed preview)) (user-error "Nothing was written"))
                (t (let ((receipt (go-env-doctor--execute 'goEnv.save request)))
                     (set-buffer-modified-p nil)
                     (go-env-doctor--read)
                     (go-env-doctor--tell receipt)))))
      (jsonrpc-error
       (let ((line (plist-get (alist-get 'jsonrpc-error-data (cddr err)) :line)))
         (when line
           (goto-char (point-min))
           (forward-line (1- line))))
       (user-error "Nothing was written.  %s" (or (alist-get 'jsonrpc-error-message (cddr err)) (cadr err)))))
    t))

(defun go-env-doctor-show-environment ()
  "Show what Go's environment is and where it comes from."
  (interactive)
  (go-env-doctor-open "go-env:/environment"))

(defun go-env-doctor-show-registry (hive)
  "Show the environment in the HIVE of the registry."
  (interactive (list (completing-read "Hive: " '("HKCU" "HKLM") nil t nil nil "HKCU")))
  (go-env-doctor-open (format "go-env:/registry/%s/Environment" hive)))

(provide 'go-env-doctor)
;;; go-env-doctor.el ends here
