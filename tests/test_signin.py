"""Signing in: who gets in, who is kept out, what stays closed."""

from __future__ import annotations


def test_the_right_name_and_password_let_in(sign_in, page):
    client = sign_in("anna")
    assert "Рябинина" in client.get("/").text


def test_a_wrong_password_does_not(anonymous):
    answer = anonymous.post("/login/", data={"username": "anna", "password": "не тот пароль совсем"})
    assert answer.status_code == 200
    assert 'name="password"' in answer.text
    assert anonymous.get("/").status_code == 302
