package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// unbuilt is the page of a binary that was built without one.
const unbuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Steward</title>
<h1>Steward</h1>
<p>The gateway runs, but this binary was built without its page.
Build both with <code>make build</code> (it needs Go and Node.js), then start it again.</p>
<p lang="zh">网关正在运行，但此程序未包含页面。请执行 <code>make build</code>（需要 Go 和 Node.js）后重新启动。</p>
</html>
`

// page sends the built page. Files are compressed once, when first asked for.
type page struct {
	fs    fs.FS
	mu    sync.Mutex
	files map[string]*pageFile
}

type pageFile struct {
	name string
	once sync.Once
	etag string
	gzip []byte // nil: not worth it
	err  error
}

func newPage(f fs.FS) *page { return &page{fs: f, files: map[string]*pageFile{}} }

// send answers with a file of the page, or with index.html: the page has
// addresses of its own.
func (p *page) send(c *fiber.Ctx) error {
	name := strings.TrimPrefix(path.Clean("/"+c.Path()), "/")
	f := p.file(name)
	if f == nil && strings.HasPrefix(name, "static/") {
		// A script of an older build: HTML in its place would only confuse.
		return refuse(fiber.StatusNotFound, "not_found", "there is nothing at this address")
	}
	if f == nil {
		f = p.file("index.html")
	}
	if f == nil {
		c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
		return c.SendString(unbuilt)
	}
	return p.sendFile(c, f)
}

// file finds a file of the page; nil when it has none of that name.
func (p *page) file(name string) *pageFile {
	if p.fs == nil || name == "" || !fs.ValidPath(name) || strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.files[name]; f != nil {
		return f
	}
	info, err := fs.Stat(p.fs, name)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f := &pageFile{name: name}
	p.files[name] = f
	return f
}

func (p *page) sendFile(c *fiber.Ctx, f *pageFile) error {
	f.once.Do(func() { f.prepare(p.fs) })
	if f.err != nil {
		return f.err
	}
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if strings.HasPrefix(f.name, "static/") { // named by their content
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	c.Set(fiber.HeaderETag, f.etag)
	if f.gzip != nil {
		c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	}
	if match := c.Get(fiber.HeaderIfNoneMatch); match == f.etag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, contentType(f.name))
	if f.gzip != nil && c.Get(fiber.HeaderAcceptEncoding) != "" && c.AcceptsEncodings("gzip") == "gzip" {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(f.gzip)
	}
	text, err := fs.ReadFile(p.fs, f.name)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return c.Send(text)
}

// prepare makes what is kept of a file: the text itself stays in the binary.
func (f *pageFile) prepare(from fs.FS) {
	text, err := fs.ReadFile(from, f.name)
	if err != nil {
		f.err = fmt.Errorf("page: %w", err)
		return
	}
	sum := sha256.Sum256(text)
	f.etag = `W/"` + hex.EncodeToString(sum[:12]) + `"`
	if len(text) < 1000 || !compressible(f.name) {
		return
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(text) // to memory
	if w.Close() == nil && out.Len() < len(text)*9/10 {
		f.gzip = bytes.Clone(out.Bytes())
	}
}

func compressible(name string) bool {
	kind := contentType(name)
	return strings.HasPrefix(kind, "text/") || strings.Contains(kind, "json") || strings.Contains(kind, "svg") || strings.Contains(kind, "wasm")
}

// contentType does not ask the machine's tables: they differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".webp":
		return "image/webp"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	case ".woff":
		return "font/woff"
	case ".wasm":
		return "application/wasm"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}
