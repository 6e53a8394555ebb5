package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"steward/gateway/sqlite"
)

// AuditRow is one row of the audit log.
type AuditRow struct {
	No int64 `json:"no"` // from 1, without a gap
	Acted
	Hash string `json:"hash"` // in hexadecimal
}

// AuditFilter says which rows a list shows; an empty field asks for nothing.
type AuditFilter struct {
	By       string
	Do       []string
	About    string
	From, To time.Time // At in [From, To)
	After    int64     // No of the last one of the page before
	Limit    int       // at most 500; 0: 100
}

// Broken says which row of an audit log is not as it was written.
type Broken struct {
	Site string
	No   int64
	Why  string
}

func (e *Broken) Error() string {
	return fmt.Sprintf("the audit log of site %s is broken at row %d: %s", e.Site, e.No, e.Why)
}

// Record appends what somebody did to a site's audit log.
func (s *Store) Record(ctx context.Context, site string, a Acted) error {
	if err := s.write(ctx, func(tx *transaction) error { return tx.appendAudit(site, a) }); err != nil {
		return fmt.Errorf("store: audit log of site %s: %w", site, err)
	}
	return nil
}

func (t *transaction) appendAudit(site string, a Acted) error {
	a.By, a.Do, a.About, a.Text = clean(a.By), clean(a.Do), clean(a.About), clean(a.Text)
	var no int64
	var last []byte
	err := t.Stmt(t.s.stmts.auditLast).QueryRow(site).Scan(&no, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	no++
	hash := link(last, site, no, ns(a.At), a)
	if _, err := t.Stmt(t.s.stmts.audit).Exec(site, no, ns(a.At), a.By, a.Do, a.About, a.Text, hash); err != nil {
		return fmt.Errorf("row %d: %w", no, err)
	}
	_, err = t.Stmt(t.s.stmts.auditHead).Exec(site, no, hash)
	return err
}

// clean is text that comes back from any database as it went in.
func clean(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "") }

// link is the hash of a row: SHA-256 over the hash before (none for the first
// row) and the row's fields, each with its length before it as 8 bytes,
// numbers as 8 bytes, all big-endian.
func link(last []byte, site string, no, at int64, a Acted) []byte {
	b := bytes.Clone(last)
	text := func(s string) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	text(site)
	b = binary.BigEndian.AppendUint64(b, uint64(no))
	b = binary.BigEndian.AppendUint64(b, uint64(at))
	for _, s := range []string{a.By, a.Do, a.About, a.Text} {
		text(s)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// Audit lists a site's audit log, the newest first.
func (s *Store) Audit(ctx context.Context, site string, f AuditFilter) ([]AuditRow, error) {
	q := of(site)
	q.is("who", f.By)
	among(q, "what", f.Do)
	q.is("about", f.About)
	q.within(f.From, f.To)
	if f.After > 0 {
		q.and("no < ?", f.After)
	}
	out := []AuditRow{}
	err := auditRows(ctx, s.r, q.where.String()+" ORDER BY no DESC LIMIT ?", append(q.args, limit(f.Limit)), func(r AuditRow, _ int64, hash []byte) error {
		r.Hash = hex.EncodeToString(hash)
		out = append(out, r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store: audit log of site %s: %w", site, err)
	}
	return out, nil
}

func auditRows(ctx context.Context, db querier, rest string, args []any, f func(r AuditRow, at int64, hash []byte) error) error {
	return sqlite.Judge(each(ctx, db, "SELECT no, at, who, what, about, text, hash FROM audit WHERE "+rest, args, func(scan func(...any) error) error {
		var r AuditRow
		var when int64
		var hash []byte
		if err := scan(&r.No, &when, &r.By, &r.Do, &r.About, &r.Text, &hash); err != nil {
			return err
		}
		r.At = at(when)
		return f(r, when, hash)
	}))
}

// VerifyAudit goes through the whole chain of a site and returns how many rows
// are good. An error that is a *Broken names the first row that is not: it
// was changed, taken out, put in, or cut off at the end. Who can write the
// whole file can also write a whole new chain: the newest row's hash, kept
// elsewhere, shows that.
func (s *Store) VerifyAudit(ctx context.Context, site string) (checked int, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		var last []byte
		var no int64
		err := auditRows(ctx, tx, "site = ? ORDER BY no", []any{site}, func(r AuditRow, at int64, hash []byte) error {
			switch no++; {
			case r.No != no:
				return &Broken{site, no, fmt.Sprintf("it is missing: row %d comes next", r.No)}
			case !bytes.Equal(hash, link(last, site, no, at, r.Acted)):
				return &Broken{site, no, "its hash does not match what it says and what came before"}
			}
			last = hash
			checked++
			return nil
		})
		if err != nil {
			return err
		}
		var head int64
		var hash []byte
		err = tx.QueryRowContext(ctx, "SELECT no, hash FROM audit_heads WHERE site = ?", site).Scan(&head, &hash)
		switch {
		case errors.Is(err, sql.ErrNoRows) && no == 0:
			return nil
		case errors.Is(err, sql.ErrNoRows):
			return &Broken{site, no + 1, "nothing says that the log ends here"}
		case err != nil:
			return err
		case head > no:
			return &Broken{site, no + 1, fmt.Sprintf("it is missing: the log had %d rows", head)}
		case head < no || !bytes.Equal(hash, last):
			return &Broken{site, no, "the log was not written up to here by this program"}
		}
		return nil
	})
	var broken *Broken
	if err != nil && !errors.As(err, &broken) {
		err = fmt.Errorf("store: audit log of site %s: %w", site, err)
	}
	return checked, err
}
