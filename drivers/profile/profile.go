// Package profile holds the device profiles that ship with Steward, as data:
// profiles/*.yaml, one file a make and model, in the vocabulary of the site
// file (package config reads them). A site file names one as
//
//	modbus: {bus: riser, unit: 3, profile: eastron-sdm630}
//	mqtt: {broker: main, profile: zigbee2mqtt-leak, device: flat-1203-kitchen}
//
// To add a device, write its file and run this package's tests: addresses are
// those of the wire, from 0 (a manual's 40001 is holding register 0), points
// are canonical names of the profile's kind, in that kind's unit, and what no
// source has confirmed says verified: false.
package profile

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"steward/gateway/config"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

//go:embed profiles/*.yaml codes/*.yaml
var files embed.FS

// Set is a collection of profiles. It does not change once built.
type Set struct {
	profiles map[string]config.Profile
	names    []string
	codes    map[string]Codes
}

var _ config.Profiles = (*Set)(nil)

// Profile finds a profile by name. What it returns is shared: do not change it.
func (s *Set) Profile(name string) (config.Profile, bool) {
	p, ok := s.profiles[name]
	return p, ok
}

// Names lists the profiles, sorted.
func (s *Set) Names() []string { return slices.Clone(s.names) }

// Builtin returns the profiles that ship with Steward.
func Builtin() (*Set, error) {
	sub, err := fs.Sub(files, "profiles")
	if err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	codes, err := loadCodes(files, ".")
	if err != nil {
		return nil, err
	}
	return load(sub, "profiles", codes)
}

// Dir returns the profiles of a folder: every *.yaml file in it, and the
// codes/*.yaml that they name beside those that ship with Steward. It fails
// with every error of every file when one of them is wrong.
func Dir(folder string) (*Set, error) {
	codes, err := loadCodes(files, ".")
	if err != nil {
		return nil, err
	}
	own, err := loadCodes(os.DirFS(folder), folder)
	if err != nil {
		return nil, err
	}
	maps.Copy(codes, own)
	return load(os.DirFS(folder), folder, codes)
}

// File reads one profile, and the codes/*.yaml beside it that it may name.
func File(file string) (config.Profile, error) {
	info, err := os.Stat(file)
	if err != nil {
		return config.Profile{}, fmt.Errorf("profile: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > strict.MaxFile {
		return config.Profile{}, fmt.Errorf("%s: want a file of at most %d bytes", file, strict.MaxFile)
	}
	codes, err := loadCodes(files, ".")
	if err != nil {
		return config.Profile{}, err
	}
	folder := filepath.Dir(file)
	own, err := loadCodes(os.DirFS(folder), folder)
	if err != nil {
		return config.Profile{}, err
	}
	maps.Copy(codes, own)
	kinds, err := kind.Builtin()
	if err != nil {
		return config.Profile{}, fmt.Errorf("profiles: %w", err)
	}
	data, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return config.Profile{}, fmt.Errorf("profile: %w", err)
	}
	return parse(file, data, kinds, codes)
}

// parse reads one profile and checks what is beyond the file itself.
func parse(file string, data []byte, kinds *kind.Catalog, codes map[string]Codes) (config.Profile, error) {
	p, err := config.ParseProfile(file, data, kinds)
	if err != nil {
		return p, err
	}
	var errs []error
	if p.Name != strings.TrimSuffix(filepath.Base(file), ".yaml") {
		errs = append(errs, fmt.Errorf("%s: profile %q does not have its file's name", file, p.Name))
	}
	if _, known := codes[p.Codes]; p.Codes != "" && !known {
		errs = append(errs, fmt.Errorf("%s: there are no codes %q: want one of %s",
			file, p.Codes, strings.Join(slices.Sorted(maps.Keys(codes)), ", ")))
	}
	return p, errors.Join(errs...)
}

func load(fsys fs.FS, folder string, codes map[string]Codes) (*Set, error) {
	kinds, err := kind.Builtin()
	if err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	found, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("profiles of %s: %w", folder, err)
	}
	s := &Set{profiles: make(map[string]config.Profile, len(found)), codes: codes}
	var errs []error
	for _, file := range found {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			errs = append(errs, fmt.Errorf("profiles of %s: %w", folder, err))
			continue
		}
		p, err := parse(path.Join(folder, file), data, kinds, codes)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.profiles[p.Name] = p
		s.names = append(s.names, p.Name)
	}
	slices.Sort(s.names)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}
