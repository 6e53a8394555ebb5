//go:build !unix

package journal

import (
	"errors"
	"fmt"
)

// freeDisk is not known here: the reserve does nothing.
func freeDisk(dir string) (int64, error) {
	return 0, fmt.Errorf("free disk of %s: %w", dir, errors.ErrUnsupported)
}
