from psg.app import create_app
