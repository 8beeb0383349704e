package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

const (
	rounds = 310_000
	// A hash that fits no password: with it, an unknown address takes as long as a known one.
	decoy = "00:00"
)

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func random(size int) []byte {
	drawn := make([]byte, size)
	_, err := rand.Read(drawn)
	must(err)
	return drawn
}

func hashed(password string, salt []byte) string {
	return hex.EncodeToString(salt) + ":" + hex.EncodeToString(pbkdf2(password, salt))
}

func fits(password, kept string) bool {
	salt, _, _ := strings.Cut(kept, ":")
	bytes, err := hex.DecodeString(salt)
	must(err)
	return subtle.ConstantTimeCompare([]byte(hashed(password, bytes)), []byte(kept)) == 1
}

// pbkdf2 returns a key of one block by PBKDF2-HMAC-SHA256 (RFC 8018 5.2).
func pbkdf2(password string, salt []byte) []byte {
	mac := hmac.New(sha256.New, []byte(password))
	mac.Write(binary.BigEndian.AppendUint32(append([]byte{}, salt...), 1))
	block := mac.Sum(nil)
	key := append([]byte{}, block...)
	for round := 1; round < rounds; round++ {
		mac.Reset()
		mac.Write(block)
		block = mac.Sum(block[:0])
		for index, value := range block {
			key[index] ^= value
		}
	}
	return key
}
