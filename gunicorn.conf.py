"""How gunicorn serves Патронат: two processes that share one loaded application."""

# Threads keep an idle browser connection from holding a whole worker; filters, scope and sessions live per request.
worker_class = "gthread"
workers = 2
threads = 4
preload_app = True
timeout = 120
graceful_timeout = 30
max_requests = 2000
max_requests_jitter = 200
# No query string in the log: it may hold a surname.
access_log_format = '%(h)s %(l)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(L)s'
control_socket_disable = True  # the service manager stops and restarts the server
