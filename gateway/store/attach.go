package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"steward/gateway/duty"
	"steward/gateway/sqlite"
)

// MaxAttachment is how large a photo may be, in bytes.
const MaxAttachment = 10 << 20

// ErrTooLarge and ErrNoPhoto say why a file was refused. Both wrap
// duty.ErrRefused.
var (
	ErrTooLarge = duty.Refuse("照片最大 10 MiB、1 亿像素", "a photo may have at most 10 MiB and 100 million pixels")
	ErrNoPhoto  = duty.Refuse("不是照片：应为 JPEG、PNG 或 WebP", "not a photo: want JPEG, PNG or WebP")
)

// partPrefix begins the name of a file that is being written.
const partPrefix = ".part-"

var attachmentID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Attach keeps a photo for a site and returns what names it. Its content
// decides what it is, not its name. Where it was taken, by whom and with what
// is taken out before it is kept; how it is turned stays. The same photo is
// kept once.
func (s *Store) Attach(ctx context.Context, site, name string, r io.Reader) (duty.Attachment, error) {
	a, err := s.attach(ctx, site, name, r)
	if err != nil {
		return duty.Attachment{}, fmt.Errorf("store: attaching %q for site %s: %w", name, site, err)
	}
	return a, nil
}

func (s *Store) attach(ctx context.Context, site, name string, r io.Reader) (duty.Attachment, error) {
	body, err := io.ReadAll(io.LimitReader(r, MaxAttachment+1))
	if err != nil {
		return duty.Attachment{}, err
	}
	if len(body) > MaxAttachment {
		return duty.Attachment{}, ErrTooLarge
	}
	kind, body, err := photo(body)
	if err != nil {
		return duty.Attachment{}, err
	}
	sum := sha256.Sum256(body)
	a := duty.Attachment{ID: hex.EncodeToString(sum[:]), Name: shortName(name), Type: kind, Size: int64(len(body))}
	s.photos.Lock()
	defer s.photos.Unlock()
	if err := s.keep(a.ID, body); err != nil {
		return duty.Attachment{}, err
	}
	return a, s.write(ctx, func(tx *transaction) error {
		_, err := tx.Exec(`INSERT INTO attachments (site, id, name, type, size, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (site, id) DO UPDATE SET at = excluded.at`,
			site, a.ID, a.Name, a.Type, a.Size, ns(s.opt.Now()))
		return err
	})
}

// shortName is the last part of a file's name, for people, at most 128 bytes.
func shortName(name string) string {
	name = clean(name[strings.LastIndexAny(name, `/\`)+1:])
	if len(name) > 128 {
		name = strings.ToValidUTF8(name[:128], "")
	}
	return name
}

// keep puts a file on disk under its hash: whole or not at all.
func (s *Store) keep(id string, body []byte) (err error) {
	folder := filepath.Join(s.opt.Dir, photos)
	f, err := os.CreateTemp(folder, partPrefix)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first error says more
		}
	}()
	_, err = f.Write(body)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(folder, id)); err != nil {
		return err
	}
	return sqlite.Sync(folder)
}

// Attachment opens a photo of a site; the caller closes the file. An error
// wraps duty.ErrUnknown when the site has no such photo.
func (s *Store) Attachment(ctx context.Context, site, id string) (duty.Attachment, *os.File, error) {
	a := duty.Attachment{ID: id}
	if !attachmentID.MatchString(id) {
		return a, nil, fmt.Errorf("store: site %s has no attachment %q: %w", site, id, duty.ErrUnknown)
	}
	err := s.r.QueryRowContext(ctx, "SELECT name, type, size FROM attachments WHERE site = ? AND id = ?", site, id).Scan(&a.Name, &a.Type, &a.Size)
	if errors.Is(err, sql.ErrNoRows) {
		return a, nil, fmt.Errorf("store: site %s has no attachment %q: %w", site, id, duty.ErrUnknown)
	}
	if err != nil {
		return a, nil, fmt.Errorf("store: attachment %s of site %s: %w", id, site, sqlite.Judge(err))
	}
	f, err := os.Open(filepath.Join(s.opt.Dir, photos, id))
	if err != nil {
		return a, nil, fmt.Errorf("store: attachment %s of site %s: %w", id, site, err)
	}
	return a, f, nil
}

// sweepPhotos removes files that a kill left half written.
func (s *Store) sweepPhotos() error {
	folder := filepath.Join(s.opt.Dir, photos)
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range files {
		if strings.HasPrefix(f.Name(), partPrefix) {
			errs = append(errs, os.Remove(filepath.Join(folder, f.Name())))
		}
	}
	return errors.Join(errs...)
}
