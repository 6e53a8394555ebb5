package dashboard

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The cost of a hash: one of the equal choices OWASP lists for argon2id, 9 MiB and four
// passes, because the whole gateway is to stay small.
const (
	hashMemory  = 9 << 10 // KiB
	hashTime    = 4
	hashThreads = 1
	hashSalt    = 16 // bytes
	hashKey     = 32 // bytes
)

// The bounds of a password.
const (
	MinPassword = 10  // characters
	maxPassword = 512 // bytes
)

// HashPassword returns the password's argon2id hash as a PHC string. It
// refuses one that is too short.
func HashPassword(password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < MinPassword {
		return "", fmt.Errorf("password has %d characters: want at least %d", n, MinPassword)
	}
	if len(password) > maxPassword {
		return "", fmt.Errorf("password has %d bytes: want at most %d", len(password), maxPassword)
	}
	h := phc{memory: hashMemory, time: hashTime, threads: hashThreads, salt: randomBytes(hashSalt)}
	h.key = h.derive(password, hashKey)
	return h.String(), nil
}

// VerifyPassword reports whether the password makes the hash. It takes the
// same time whichever byte differs. The error says that the hash is broken.
func VerifyPassword(hash, password string) (bool, error) {
	h, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	if len(password) > maxPassword {
		return false, nil
	}
	return subtle.ConstantTimeCompare(h.derive(password, uint32(len(h.key))), h.key) == 1, nil
}

// decoyHash costs as much to verify as a real one, and nothing fits it.
func decoyHash() string {
	return phc{
		memory: hashMemory, time: hashTime, threads: hashThreads,
		salt: randomBytes(hashSalt), key: randomBytes(hashKey),
	}.String()
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, says its documentation
	return b
}

// phc is a parsed $argon2id$v=19$m=…,t=…,p=…$salt$key.
type phc struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

func (h phc) derive(password string, length uint32) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, length)
}

func (h phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.key))
}

var errHash = errors.New("not an argon2id hash in PHC form")

func parsePHC(s string) (h phc, err error) {
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, errHash
	}
	var rest string
	if n, _ := fmt.Sscanf(part[3]+" ", "m=%d,t=%d,p=%d%s", &h.memory, &h.time, &h.threads, &rest); n != 3 {
		return phc{}, errHash
	}
	// A hash from elsewhere may be dearer than ours, but not a way to take
	// the gateway down.
	if h.memory < 8 || h.memory > 256<<10 || h.time < 1 || h.time > 16 || h.threads < 1 || h.threads > 16 {
		return phc{}, fmt.Errorf("%w: cost out of bounds", errHash)
	}
	h.salt, err = base64.RawStdEncoding.Strict().DecodeString(part[4])
	if err == nil {
		h.key, err = base64.RawStdEncoding.Strict().DecodeString(part[5])
	}
	if err != nil || len(h.salt) < 8 || len(h.salt) > 64 || len(h.key) < 16 || len(h.key) > 64 {
		return phc{}, errHash
	}
	return h, nil
}
