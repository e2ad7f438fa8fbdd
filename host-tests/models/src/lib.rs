//! Empty: this package only names another.
