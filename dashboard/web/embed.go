// Package web carries the built page inside the binary.
package web

import (
	"embed"
	"io/fs"
)

// dist holds nothing but a placeholder until `make web` has built the page.
//
//go:embed all:dist
var dist embed.FS

// Dist returns the built page: index.html and what it needs. Without a build
// it has no index.html, and the dashboard's page says how to make one.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return dist // cannot be: the name above is a valid one
	}
	return sub
}
