package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrDuplicate is wrapped when a commit brings what is stored already.
var ErrDuplicate = errors.New("stored already")

// setAside renames the file, its log and its backup, so that a person may
// look at them and the next backup does not replace the last good one.
func (s *Store) setAside(cause error) error {
	now := s.opt.Now().UTC()
	name, err := s.file().SetAside(now)
	if err != nil {
		return err
	}
	backup := name + ".backup"
	if err := os.Rename(filepath.Join(s.opt.Dir, backupName), backup); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("setting the damaged file's backup aside: %w", err)
	}
	if !exists(backup) {
		backup = "none"
	}
	s.status.Aside, s.status.AsideAt = name, now
	s.opt.Log.Error("the state's file is damaged: it was set aside and a new one begun; to go on from the backup instead, stop the gateway and copy it to "+fileName,
		"file", s.path, "aside", name, "backup", backup, "err", cause)
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
