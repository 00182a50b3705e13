//! Carries hints between the parts of Parlour.
