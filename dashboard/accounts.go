package dashboard

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Passwords is the accounts file: who may sign in, with argon2id hashes. It
// is read again when it changes, so that `steward user passwd` takes effect
// in a running gateway. Safe for concurrent use.
type Passwords struct {
	Log *slog.Logger // of a damaged file that Set sets aside; slog.Default unless changed before use

	path    string
	decoy   string
	hashing chan struct{} // one hash at a time: each takes 19 MiB

	mu    sync.Mutex
	stamp fileStamp
	users map[string]string // name to hash
}

type fileStamp struct {
	size int64
	time time.Time
}

type accountsFile struct {
	Users []account `json:"users"`
}

type account struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
}

// NewPasswords makes the accounts of a file, which need not exist yet.
func NewPasswords(path string) *Passwords {
	return &Passwords{Log: slog.Default(), path: path, decoy: decoyHash(), hashing: make(chan struct{}, 1)}
}

// Verify reports whether the password is the user's. For a user that does
// not exist it takes as long. It waits while another password is checked.
func (p *Passwords) Verify(ctx context.Context, user, password string) (bool, error) {
	hash, known, err := p.hash(user)
	if err != nil {
		return false, err
	}
	if !known {
		hash = p.decoy
	}
	select {
	case p.hashing <- struct{}{}:
	case <-ctx.Done():
		return false, fmt.Errorf("check password: %w", ctx.Err())
	}
	defer func() { <-p.hashing }()
	ok, err := VerifyPassword(hash, password)
	if err != nil {
		return false, fmt.Errorf("accounts %s: user %s: %w", p.path, user, err)
	}
	return ok && known, nil
}

// Version changes with the user's password; it is empty when there is no
// such user or the file cannot be read.
func (p *Passwords) Version(user string) string {
	hash, known, err := p.hash(user)
	if err != nil || !known {
		return ""
	}
	sum := sha256.Sum256([]byte(hash))
	return hex.EncodeToString(sum[:8])
}

// Check says what keeps the user from signing in: the file is damaged or
// cannot be read. It is nil for a user that has no password yet.
func (p *Passwords) Check(user string) error {
	hash, known, err := p.hash(user)
	if err == nil && known {
		if _, bad := parsePHC(hash); bad != nil {
			err = &damagedError{p.path, fmt.Errorf("user %s: %w", user, bad)}
		}
	}
	if _, ok := errors.AsType[*damagedError](err); ok {
		return fmt.Errorf("%w; nobody can sign in until `steward user passwd` sets a password again", err)
	}
	return err
}

// damagedError is an accounts file that does not say who may sign in.
type damagedError struct {
	path string
	err  error
}

func (e *damagedError) Error() string { return fmt.Sprintf("%s is damaged: %v", e.path, e.err) }
func (e *damagedError) Unwrap() error { return e.err }

// hash returns a user's hash from the file as it is now.
func (p *Passwords) hash(user string) (string, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	info, err := os.Stat(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		p.users = nil
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("accounts: %w", err)
	}
	if stamp := (fileStamp{info.Size(), info.ModTime()}); p.users == nil || stamp != p.stamp {
		users, err := readAccounts(p.path)
		if err != nil {
			return "", false, err
		}
		p.users, p.stamp = users, stamp
	}
	hash, ok := p.users[user]
	return hash, ok, nil
}

func readAccounts(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	var file accountsFile
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, &damagedError{path, err}
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, &damagedError{path, errors.New("more follows where the file should end")}
	}
	users := make(map[string]string, len(file.Users))
	for _, u := range file.Users {
		users[u.Name] = u.Hash
	}
	return users, nil
}

// Set gives a user, new or not, the password and replaces the file at once
// and durably. Only its owner can read the file. A damaged file is kept as
// users.json.damaged-<unix seconds>, which is logged, and a new one begins.
func (p *Passwords) Set(user, password string) error {
	if !regexp.MustCompile(`^[a-z][a-z0-9._-]{0,31}$`).MatchString(user) {
		return fmt.Errorf("user name %q: want a letter and at most 31 letters, digits, '.', '_' or '-', all lower-case", user)
	}
	hash, err := HashPassword(password)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	users, err := readAccounts(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		users, err = map[string]string{}, nil
	}
	if damaged, ok := errors.AsType[*damagedError](err); ok {
		users, err = map[string]string{}, p.setAside(damaged)
	}
	if err != nil {
		return err
	}
	users[user] = hash
	if err := writeAccounts(p.path, users); err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	p.users = nil // read again
	return nil
}

// Names lists the accounts, sorted.
func (p *Passwords) Names() ([]string, error) {
	users, err := readAccounts(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return sortedKeys(users), err
}

// Remove takes an account away. The last one stays, or nobody could sign in.
func (p *Passwords) Remove(user string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	users, err := readAccounts(p.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && users[user] == "":
		return fmt.Errorf("there is no account %q", user)
	case err != nil:
		return err
	case len(users) == 1:
		return fmt.Errorf("%s is the only account: make another one first", user)
	}
	delete(users, user)
	if err := writeAccounts(p.path, users); err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	p.users = nil // read again
	return nil
}

// setAside renames the damaged file; one that was set aside before stays.
func (p *Passwords) setAside(damaged *damagedError) error {
	for at := time.Now().Unix(); ; at++ {
		aside := fmt.Sprintf("%s.damaged-%d", p.path, at)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		if err := os.Rename(p.path, aside); err != nil {
			return fmt.Errorf("accounts: set the damaged file aside: %w", err)
		}
		p.Log.Warn("the accounts file was damaged: it was set aside and a new one begins; other accounts are only in the old one",
			"file", p.path, "aside", aside, "err", damaged.err)
		return nil
	}
}

func writeAccounts(path string, users map[string]string) error {
	file := accountsFile{Users: []account{}}
	for _, name := range sortedKeys(users) {
		file.Users = append(file.Users, account{name, users[name]})
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(path, append(text, '\n'))
}

// replaceFile writes a file at once and durably. Only its owner can read it.
func replaceFile(path string, text []byte) error {
	dir, name := filepath.Split(path)
	temp, err := os.CreateTemp(dir, "."+strings.TrimSuffix(name, filepath.Ext(name))+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // nothing once renamed
	_, err = temp.Write(text)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
