//go:build !unix

package disk

import (
	"errors"
	"fmt"
)

// Free is not known here.
func Free(dir string) (int64, error) {
	return 0, fmt.Errorf("free disk of %s: %w", dir, errors.ErrUnsupported)
}
