//! How a component asks the server for something and learns what it says.

use std::rc::Rc;

use client::{Change, ConnectionState};
use shared::{ClientFrame, ServerFrame};
use yew::{Callback, hook, use_callback, use_effect_with, use_mut_ref, use_state};

use crate::components::form::Problem;
use crate::components::hooks::{use_changes, use_driver};

/// A request that a person makes, and where it stands.
pub(crate) struct Request {
    pub(crate) send: Callback<ClientFrame>,
    /// The answer is on its way.
    pub(crate) waiting: bool,
    pub(crate) problem: Problem,
    /// Says another problem, or none.
    pub(crate) object: Callback<Problem>,
}

/// `then` is told the answer, as of the last drawing.
#[hook]
pub(crate) fn use_request(then: impl Fn(ServerFrame) + 'static) -> Request {
    let driver = use_driver();
    let (waiting, problem) = (use_state(|| false), use_state(Problem::default));
    let latest = use_mut_ref(|| None::<Rc<dyn Fn(ServerFrame)>>);
    *latest.borrow_mut() = Some(Rc::new(then));
    let send = {
        let (waiting, problem) = (waiting.setter(), problem.setter());
        use_callback(driver, move |frame: ClientFrame, driver| {
            let (waiting, problem) = (waiting.clone(), problem.clone());
            let latest = latest.clone();
            waiting.set(true);
            driver.ask(frame, move |answer| {
                waiting.set(false);
                match answer {
                    Ok(answer) => {
                        problem.set(Problem::default());
                        let then = latest.borrow().clone();
                        if let Some(then) = then {
                            then(answer);
                        }
                    }
                    Err(error) => problem.set(error.into()),
                }
            });
        })
    };
    Request {
        send,
        waiting: *waiting,
        problem: (*problem).clone(),
        object: use_callback(problem.setter(), |text, problem| problem.set(text)),
    }
}

/// What the server said when it was asked last.
pub(crate) struct Loaded {
    /// `None` until it came.
    pub(crate) answer: Option<Rc<ServerFrame>>,
    /// Why it does not come.
    pub(crate) problem: Problem,
    /// Asks again.
    pub(crate) reload: Callback<()>,
}

/// Asks as soon as one is connected, and again when it is another request or another connection. What was said before
/// stays until there is something new.
#[hook]
pub(crate) fn use_answer(frame: ClientFrame) -> Loaded {
    let answer = use_state(|| None::<Rc<ServerFrame>>);
    let request = {
        let answer = answer.setter();
        use_request(move |said| answer.set(Some(Rc::new(said))))
    };
    let reload = use_callback(
        (request.send.clone(), frame.clone()),
        |(), (send, frame)| {
            send.emit(frame.clone());
        },
    );
    use_changes((), |(), change| *change == Change::Connection);
    let is_online = use_driver().view(|view| view.connection == ConnectionState::Online);
    {
        let reload = reload.clone();
        use_effect_with((frame, is_online), move |(_, is_online)| {
            if *is_online {
                reload.emit(());
            }
        });
    }
    Loaded {
        answer: (*answer).clone(),
        problem: request.problem,
        reload,
    }
}
