//go:build unix

// Package disk tells how much room is left.
package disk

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Free is the disk that is free for us where a folder lies, in bytes.
func Free(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("free disk of %s: %w", dir, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil //nolint:unconvert // the types differ by system
}
