// Latchkey's dashboard as a small Go program: the same tables, the same queries, the same parts of the page.
//
// Its argument is the folder of Latchkey's migrations; PEER_DB is its database, and PORT where it listens.
package main

import (
	"bytes"
	"compress/gzip"
	"embed"
	"html/template"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const loginForm = "<form method=post><input name=email><input name=password></form>"

// The headers that webapp/server/headers.py adds to each answer.
var policy = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';" +
		" connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none';" +
		" frame-ancestors 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Cache-Control":                "no-store",
}

//go:embed dashboard.html
var files embed.FS
var page = template.Must(template.ParseFS(files, "dashboard.html"))

var compressors = sync.Pool{New: func() any {
	compressor, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	must(err)
	return compressor
}}

type server struct {
	store *store
}

func main() {
	server := server{open(os.Getenv("PEER_DB"), os.Args[1])}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", server.login)
	mux.HandleFunc("/dashboard", server.dashboard)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), guarded(mux)))
}

func (s server) login(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		send(w, r, http.StatusOK, []byte(loginForm))
		return
	}
	email := strings.ToLower(strings.TrimSpace(r.PostFormValue("email")))
	token, ok := s.store.logIn(email, r.PostFormValue("password"), address(r), time.Now().UTC())
	if !ok {
		send(w, r, http.StatusUnauthorized, []byte(loginForm))
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "session", Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/dashboard", http.StatusSeeOther)
}

func (s server) dashboard(w http.ResponseWriter, r *http.Request) {
	now := time.Now().UTC().Truncate(time.Second)
	session, ok := s.session(r, now)
	if !ok {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	var html bytes.Buffer
	must(page.Execute(&html, s.store.dashboard(session, now)))
	send(w, r, http.StatusOK, html.Bytes())
}

// session returns the live session that the request's cookie opens, and notes its use.
func (s server) session(r *http.Request, now time.Time) (session, bool) {
	cookie, err := r.Cookie("session")
	if err != nil {
		return session{}, false
	}
	found, ok := s.store.find(cookie.Value)
	if !ok || !found.isLive(now) {
		return session{}, false
	}
	return s.store.see(found, now), true
}

// guarded adds the policy's headers to each answer, and answers 500 if a handler panics.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range policy {
			w.Header().Set(name, value)
		}
		defer func() {
			if trouble := recover(); trouble != nil {
				log.Print(trouble)
				http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// send writes the page, compressed as webapp/server/compression.py does it.
func send(w http.ResponseWriter, r *http.Request, status int, html []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Encoding, Cookie")
	if len(html) >= 500 && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		html = compressed(html)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(html)))
	w.WriteHeader(status)
	_, _ = w.Write(html)
}

func compressed(html []byte) []byte {
	var smaller bytes.Buffer
	compressor := compressors.Get().(*gzip.Writer)
	defer compressors.Put(compressor)
	compressor.Reset(&smaller)
	_, err := compressor.Write(html)
	must(err)
	must(compressor.Close())
	return smaller.Bytes()
}

func address(r *http.Request) string {
	host, _, _ := strings.Cut(r.RemoteAddr, ":")
	return host
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
